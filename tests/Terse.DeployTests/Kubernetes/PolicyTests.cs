namespace Terse.DeployTests.Kubernetes;

/// <summary>Every overlay follows every policy, and every policy finds manifests that break it.</summary>
public sealed class PolicyTests
{
    public static TheoryData<string> Overlays => [.. Overlay.All];

    public static TheoryData<string, string, string, string> Copies => BrokenCopies.All;

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task An_overlay_follows_every_policy(string overlay)
    {
        var manifests = await Overlay.ReadAsync(overlay);

        Assert.Empty(
            from policy in Policy.All
            from finding in policy.Find(manifests)
            select $"{policy.Name}: {finding}");
    }

    [Theory]
    [MemberData(nameof(Copies))]
    public async Task A_policy_finds_a_broken_copy(string policy, string overlay, string text, string broken)
    {
        var yaml = await Overlay.RenderAsync(overlay);
        Assert.Contains(text, yaml, StringComparison.Ordinal);

        var copy = Manifests.Parse(yaml.Replace(text, broken, StringComparison.Ordinal));

        Assert.NotEmpty(Policy.All.Single(found => found.Name == policy).Find(copy));
    }

    [Fact]
    public void Every_policy_has_a_broken_copy() =>
        Assert.Equal(
            Policy.All.Select(policy => policy.Name).Order(StringComparer.Ordinal),
            BrokenCopies.All.Select(row => row.Data.Item1).Distinct().Order(StringComparer.Ordinal));
}
