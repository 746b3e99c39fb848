namespace Terse.Access;

/// <summary>The result of a change of a key: exactly one of the nested types.</summary>
internal abstract record KeyResult
{
    private KeyResult()
    {
    }

    /// <param name="Key">The key.</param>
    /// <param name="Text">The key with its secret, which is shown once.</param>
    internal sealed record Issued(ApiKey Key, KeyText Text) : KeyResult;

    internal sealed record Revoked : KeyResult;

    internal sealed record NotFound : KeyResult;

    internal sealed record Refused(string Field, string Detail) : KeyResult;
}
