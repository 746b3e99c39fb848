namespace Terse.Web;

/// <summary>
/// A type of error response. The static fields list all types. docs/errors.md says what to do about each
/// error.
/// </summary>
internal sealed record ProblemType(string Name, int Status, string Title)
{
    public static readonly ProblemType
        RequestMalformed = new("request-malformed", 400, "The request is malformed"),
        QueryInvalid = new("query-invalid", 400, "A query parameter is invalid"),
        TargetMissing = new("target-missing", 400, "The target is missing"),
        TargetInvalid = new("target-invalid", 400, "The target is not a valid URL"),
        TargetTooLong = new("target-too-long", 400, "The target is too long"),
        TargetScheme = new("target-scheme", 400, "The target's scheme is not allowed"),
        TargetCredentials = new("target-credentials", 400, "The target contains credentials"),
        TargetIsTerse = new("target-is-terse", 400, "The target leads back to Terse"),
        TargetBlocked = new("target-blocked", 400, "The target's host is blocked"),
        TargetPrivate = new("target-private", 400, "The target is in a private network"),
        TargetShortener = new("target-shortener", 400, "The target is another URL shortener"),
        TargetLookAlike = new("target-look-alike", 400, "The target's host looks like another host"),
        ExpiryInvalid = new("expiry-invalid", 400, "The expiry is invalid"),
        MaxVisitsInvalid = new("max-visits-invalid", 400, "The visit limit is out of range"),
        FieldInvalid = new("field-invalid", 400, "A field is invalid"),
        CodeInvalid = new("code-invalid", 400, "The code is invalid"),
        CodeReserved = new("code-reserved", 400, "The code is reserved"),
        DomainUnknown = new("domain-unknown", 400, "The domain is unknown"),
        IdempotencyKeyInvalid = new("idempotency-key-invalid", 400, "The idempotency key is invalid"),
        KeyRequired = new("key-required", 401, "An API key is required"),
        KeyInvalid = new("key-invalid", 401, "The API key is invalid"),
        RoleInsufficient = new("role-insufficient", 403, "The role of the key does not allow this"),
        KeyLimited = new("key-limited", 403, "The limits of the key do not allow this"),
        KeyNotFound = new("key-not-found", 404, "The key was not found"),
        PasswordRequired = new("password-required", 401, "The link needs a password"),
        PasswordWrong = new("password-wrong", 401, "The password is wrong"),
        LinkNotFound = new("link-not-found", 404, "The link was not found"),
        LinkScheduled = new("link-scheduled", 404, "The link does not work yet"),
        TagNotFound = new("tag-not-found", 404, "The tag was not found"),
        DomainNotFound = new("domain-not-found", 404, "The domain was not found"),
        BlockNotFound = new("block-not-found", 404, "The block was not found"),
        ReportNotFound = new("report-not-found", 404, "The report was not found"),
        WebhookNotFound = new("webhook-not-found", 404, "The webhook was not found"),
        DeliveryNotFound = new("delivery-not-found", 404, "The delivery was not found"),
        PathNotFound = new("path-not-found", 404, "The path was not found"),
        MethodNotAllowed = new("method-not-allowed", 405, "The method is not allowed"),
        RequestTimeout = new("request-timeout", 408, "The request arrived too slowly"),
        LinkBlocked = new("link-blocked", 403, "The link is blocked"),
        PrefetchRefused = new("prefetch-refused", 403, "The link cannot be prefetched"),
        LinkExpired = new("link-expired", 410, "The link has expired"),
        LinkDeleted = new("link-deleted", 410, "The link was deleted"),
        EventsExpired = new("events-expired", 410, "The next events are no longer kept"),
        LinkUsedUp = new("link-used-up", 410, "The link has reached its visit limit"),
        CodeTaken = new("code-taken", 409, "The code is already in use"),
        TagTaken = new("tag-taken", 409, "Another tag has this name"),
        TagChanging = new("tag-changing", 409, "The other tag is being changed"),
        DomainTaken = new("domain-taken", 409, "The host already belongs to a domain"),
        DefaultDomainUnnamed = new("default-domain-unnamed", 409, "The default domain has no name"),
        DomainPending = new("domain-pending", 409, "The domain is too new for links"),
        WebhookInactive = new("webhook-inactive", 409, "The webhook is not active"),
        PreconditionFailed = new("precondition-failed", 412, "The version is another one"),
        BodyTooLarge = new("body-too-large", 413, "The request body is too large"),
        MediaTypeUnsupported = new("media-type-unsupported", 415, "The content type is not JSON"),
        EncodingUnsupported = new("encoding-unsupported", 415, "The request body is compressed"),
        IdempotencyKeyReused =
            new("idempotency-key-reused", 422, "The idempotency key was used for another request"),
        TooManyTries = new("too-many-tries", 429, "Too many passwords were tried"),
        TooManyRequests = new("too-many-requests", 429, "Too many requests"),
        TooManyReports = new("too-many-reports", 429, "Too many reports were sent"),
        Unexpected = new("unexpected", 500, "Unexpected error"),
        StoreUnavailable = new("store-unavailable", 503, "The database is unavailable"),
        Overloaded = new("overloaded", 503, "The server is overloaded"),
        Stopping = new("stopping", 503, "The server is shutting down"),
        NotReady = new("not-ready", 503, "The server is not ready");

    /// <summary>The URI by which a program recognizes this type of error. The URI never changes.</summary>
    public string Uri { get; } = "urn:problem-type:terse:" + Name;

    /// <summary>
    /// Returns the problem type for a response that has an error status but no body. Kestrel and the router
    /// create these responses.
    /// </summary>
    public static ProblemType OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => PathNotFound,
        StatusCodes.Status405MethodNotAllowed => MethodNotAllowed,
        StatusCodes.Status408RequestTimeout => RequestTimeout,
        StatusCodes.Status413PayloadTooLarge => BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => MediaTypeUnsupported,
        >= 500 => Unexpected,
        _ => RequestMalformed,
    };
}
