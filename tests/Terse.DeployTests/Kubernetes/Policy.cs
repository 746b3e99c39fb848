namespace Terse.DeployTests.Kubernetes;

/// <summary>A rule that every overlay follows.</summary>
/// <param name="Name">The rule as a sentence.</param>
/// <param name="Find">Returns what breaks the rule.</param>
internal sealed record Policy(string Name, Func<Manifests, IEnumerable<string>> Find)
{
    public static IReadOnlyList<Policy> All =>
    [
        .. PodPolicies.All, .. RolloutPolicies.All, .. VolumePolicies.All, .. NetworkPolicies.All,
        .. DatabasePolicies.All,
    ];

    /// <summary>Returns a text if a condition is false.</summary>
    public static IEnumerable<string> Unless(bool condition, string finding) => condition ? [] : [finding];
}
