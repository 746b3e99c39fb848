using Terse.Links;

namespace Terse.Tests.Links;

public sealed class IdempotentRequestTests
{
    [Fact]
    public void Different_requests_have_different_hashes()
    {
        var hashes = new[]
        {
            HashOf(("target", "ab"), ("code", null), ("domain", "")),
            HashOf(("target", "ab"), ("code", ""), ("domain", "")),
            HashOf(("target", "a"), ("code", "b"), ("domain", "")),
            HashOf(("target", "ab"), ("code", null), ("domain", "s.example")),
            HashOf(("target", "abcodeb"), ("code", null), ("domain", "")),
            HashOf(("target", "ab\u0004code\u0001b"), ("code", null), ("domain", "")),
            HashOf(("target", "ab"), ("code", "b"), ("domain", "")),
            HashOf(("target", "AB"), ("code", null), ("domain", "")),
        };

        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.All(hashes, hash => Assert.Equal(64, hash.Length));
    }

    /// <summary>
    /// During a rolling update, the retry of a request may reach a newer version of Terse whose requests have
    /// one more field. Both versions must compute the same hash, so that the newer version recognizes the
    /// retry.
    /// </summary>
    [Fact]
    public void An_absent_field_does_not_change_the_hash() =>
        Assert.Equal(
            HashOf(("target", "a"), ("domain", "")),
            HashOf(("target", "a"), ("expires", null), ("domain", ""), ("note", null)));

    private static string HashOf(params ReadOnlySpan<(string Name, string? Value)> fields) =>
        Convert.ToHexString(IdempotentRequest.Of("key", fields).Hash);
}
