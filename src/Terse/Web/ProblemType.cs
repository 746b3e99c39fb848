namespace Terse.Web;

/// <summary>
/// Every kind of error that Terse answers with: the whole error policy on one screen. The type's URI is
/// stable, and docs/errors.md says what to do about each.
/// </summary>
internal sealed record ProblemType(string Name, int Status, string Title)
{
    public static readonly ProblemType
        RequestMalformed = new("request-malformed", 400, "The request cannot be read"),
        QueryInvalid = new("query-invalid", 400, "A parameter of the query is wrong"),
        TargetMissing = new("target-missing", 400, "The target is missing"),
        TargetInvalid = new("target-invalid", 400, "The target is no URL"),
        TargetTooLong = new("target-too-long", 400, "The target is too long"),
        TargetScheme = new("target-scheme", 400, "The target's scheme is refused"),
        TargetCredentials = new("target-credentials", 400, "The target holds a secret"),
        TargetIsTerse = new("target-is-terse", 400, "The target is Terse itself"),
        TargetBlocked = new("target-blocked", 400, "The target's host is blocked"),
        ExpiryInvalid = new("expiry-invalid", 400, "The expiry is no instant"),
        MaxVisitsInvalid = new("max-visits-invalid", 400, "The limit of visits is out of range"),
        CodeInvalid = new("code-invalid", 400, "The code breaks the rules"),
        CodeReserved = new("code-reserved", 400, "The code is reserved"),
        DomainUnknown = new("domain-unknown", 400, "The domain is unknown"),
        IdempotencyKeyInvalid = new("idempotency-key-invalid", 400, "The idempotency key breaks the rules"),
        LinkNotFound = new("link-not-found", 404, "There is no such link"),
        PathNotFound = new("path-not-found", 404, "There is no such path"),
        MethodNotAllowed = new("method-not-allowed", 405, "The path knows no such method"),
        LinkBlocked = new("link-blocked", 403, "The link is blocked"),
        LinkExpired = new("link-expired", 410, "The link has expired"),
        LinkDeleted = new("link-deleted", 410, "The link was deleted"),
        LinkUsedUp = new("link-used-up", 410, "The link is used up"),
        CodeTaken = new("code-taken", 409, "The code is taken"),
        PreconditionFailed = new("precondition-failed", 412, "The link is at another version"),
        BodyTooLarge = new("body-too-large", 413, "The request's body is too large"),
        MediaTypeUnsupported = new("media-type-unsupported", 415, "The body is not sent as JSON"),
        IdempotencyKeyReused = new("idempotency-key-reused", 422, "The idempotency key was used before"),
        Unexpected = new("unexpected", 500, "Something went wrong"),
        StoreUnavailable = new("store-unavailable", 503, "The links cannot be reached"),
        Stopping = new("stopping", 503, "The server is stopping"),
        NotReady = new("not-ready", 503, "The server is not ready");

    /// <summary>The URI that programs tell errors apart by.</summary>
    public string Uri { get; } = "urn:problem-type:terse:" + Name;

    /// <summary>The type of an answer that the web server or the router gave without a body.</summary>
    public static ProblemType OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => PathNotFound,
        StatusCodes.Status405MethodNotAllowed => MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => MediaTypeUnsupported,
        >= 500 => Unexpected,
        _ => RequestMalformed,
    };
}
