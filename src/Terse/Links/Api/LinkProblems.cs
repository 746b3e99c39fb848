using Terse.Web;

namespace Terse.Links;

/// <summary>Creates the error responses of the link endpoints.</summary>
internal static class LinkProblems
{
    public static Problem Of(Refusal refusal) =>
        Problem.Of(TypeOf(refusal.Kind), refusal.Detail, refusal.Field);

    public static Problem UnknownDomain(string? name) => Problem.Of(
        ProblemType.DomainUnknown, $"'{name}' is not a domain of this server.", "domain");

    /// <param name="domainName">The domain's name as clients see it.</param>
    public static Problem NotFound(string domainName) => Problem.Of(
        ProblemType.LinkNotFound, $"The domain {domainName} has no link with this code.", "code");

    public static Problem Deleted(bool isErased = false) => Problem.Of(
        ProblemType.LinkDeleted,
        $"The link was {(isErased ? "erased" : "deleted")}; its code cannot be used again.",
        "code");

    private static ProblemType TypeOf(RefusalKind kind) => kind switch
    {
        RefusalKind.TargetMissing => ProblemType.TargetMissing,
        RefusalKind.TargetInvalid => ProblemType.TargetInvalid,
        RefusalKind.TargetTooLong => ProblemType.TargetTooLong,
        RefusalKind.TargetScheme => ProblemType.TargetScheme,
        RefusalKind.TargetCredentials => ProblemType.TargetCredentials,
        RefusalKind.TargetIsTerse => ProblemType.TargetIsTerse,
        RefusalKind.TargetBlocked => ProblemType.TargetBlocked,
        RefusalKind.TargetPrivate => ProblemType.TargetPrivate,
        RefusalKind.TargetShortener => ProblemType.TargetShortener,
        RefusalKind.TargetLookAlike => ProblemType.TargetLookAlike,
        RefusalKind.ExpiryInvalid => ProblemType.ExpiryInvalid,
        RefusalKind.MaxVisitsInvalid => ProblemType.MaxVisitsInvalid,
        RefusalKind.FieldInvalid => ProblemType.FieldInvalid,
        RefusalKind.CodeInvalid => ProblemType.CodeInvalid,
        RefusalKind.CodeReserved => ProblemType.CodeReserved,
        RefusalKind.CodeTaken => ProblemType.CodeTaken,
        RefusalKind.DomainUnknown => ProblemType.DomainUnknown,
        RefusalKind.DomainPending => ProblemType.DomainPending,
        RefusalKind.IdempotencyKeyReused => ProblemType.IdempotencyKeyReused,
        RefusalKind.RoleInsufficient => ProblemType.RoleInsufficient,
        RefusalKind.KeyLimited => ProblemType.KeyLimited,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The refusal has no problem type."),
    };
}
