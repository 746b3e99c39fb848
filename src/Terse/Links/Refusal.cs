namespace Terse.Links;

/// <summary>
/// Why a link was not made or changed: what is wrong, in which field, in words for the one who asked.
/// </summary>
internal sealed record Refusal(RefusalKind Kind, string Field, string Detail);

internal enum RefusalKind
{
    TargetMissing,
    TargetInvalid,
    TargetTooLong,
    TargetScheme,
    TargetCredentials,
    TargetIsTerse,
    TargetBlocked,
    ExpiryInvalid,
    MaxVisitsInvalid,
    CodeInvalid,
    CodeReserved,
    CodeTaken,
    DomainUnknown,
    IdempotencyKeyReused,
}
