using Terse.Links;

namespace Terse.Tests.Links;

public sealed class IdempotentRequestTests
{
    [Fact]
    public void What_is_asked_for_otherwise_has_another_hash()
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

    /// <summary>While servers are updated, a retry may come to a version that knows one field more.</summary>
    [Fact]
    public void A_field_that_is_absent_leaves_the_hash_as_it_was_before_there_was_such_a_field() =>
        Assert.Equal(
            HashOf(("target", "a"), ("domain", "")),
            HashOf(("target", "a"), ("expires", null), ("domain", ""), ("note", null)));

    private static string HashOf(params ReadOnlySpan<(string Name, string? Value)> fields) =>
        Convert.ToHexString(IdempotentRequest.Of("key", fields).Hash);
}
