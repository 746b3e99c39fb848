using Terse.Web;

namespace Terse.Links;

/// <summary>Describes the parameters that several operations on links have.</summary>
internal static class LinkParameters
{
    public static readonly OperationParameter Code = new(
        "code",
        "The code of the link, or one of its aliases. Encode a slash in a code as `%2F`.")
    {
        IsInPath = true,
        Example = "sale",
    };

    public static readonly OperationParameter Domain = new(
        "domain",
        "The domain of the link, with its port if it has one. Default: the domain of the host that the "
        + "request is sent to.")
    {
        Example = "go.example.com",
    };

    public static readonly OperationParameter IfMatch = OperationParameter.Header(
        "If-Match",
        "The `ETag` of the version that the client has read; several are separated by commas. If the present "
        + "version is another one, nothing changes, and the answer is 412. Default: any version.",
        "\"v3\"");

    public static readonly OperationParameter ChangedAt = OperationParameter.Header(
        LinkChangeEndpoints.ChangedAtHeader,
        "The header of the response to an earlier change. With it, the answer contains the change, however "
        + "far replicas lag.",
        "2026-11-27T08:30:00.123456Z");

    public static readonly OperationParameter IdempotencyKey = OperationParameter.Header(
        "Idempotency-Key",
        "1 to 255 visible ASCII characters that name this creation, such as a random UUID. A repeated "
        + "request with the same key within 24 hours returns the link of the first one, and creates "
        + "nothing.",
        "8e03978e-40d5-43dd-bc93-6894a57f9324");

    public static readonly (string, string) ChangedAtHeader = (
        LinkChangeEndpoints.ChangedAtHeader,
        "When the change was written. Send this header with a later request that has to see the change.");

    public static readonly (string, string) ETag = (
        "ETag", "The version of the link, and the number of its visits where they are shown.");

    public static readonly OperationParameter Cursor = new(
        "cursor", "The `next` of the previous page. Send the other parameters unchanged.");

    public static readonly OperationParameter Limit = OperationParameter.Number(
        "limit",
        "How many entries a page may have.",
        1,
        QueryParameters.MaxLimit,
        QueryParameters.DefaultLimit);

    /// <summary>The errors of requests that name an existing link.</summary>
    public static readonly IReadOnlyList<ProblemType> Problems =
        [ProblemType.LinkNotFound, ProblemType.LinkDeleted, ProblemType.DomainUnknown];

    /// <summary>The errors of the fields of a link.</summary>
    public static readonly IReadOnlyList<ProblemType> FieldProblems =
    [
        ProblemType.TargetMissing, ProblemType.TargetInvalid, ProblemType.TargetTooLong,
        ProblemType.TargetScheme, ProblemType.TargetCredentials, ProblemType.TargetIsTerse,
        ProblemType.TargetBlocked, ProblemType.TargetPrivate, ProblemType.TargetShortener,
        ProblemType.TargetLookAlike, ProblemType.ExpiryInvalid, ProblemType.MaxVisitsInvalid,
        ProblemType.FieldInvalid, ProblemType.CodeInvalid, ProblemType.CodeReserved, ProblemType.CodeTaken,
        ProblemType.DomainUnknown, ProblemType.DomainPending,
    ];
}
