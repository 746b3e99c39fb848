namespace Terse.Links;

/// <summary>
/// Why a link is not created or not changed: the wrong field and an explanation for the client.
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
