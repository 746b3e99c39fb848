using Terse.Harness;

namespace Terse.DeployTests.Kubernetes;

/// <summary>The rules for the Prometheus operator are a copy of those in <c>deploy/prometheus</c>.</summary>
public sealed class RuleCopyTests
{
    private const string Head =
        """
        # The rules and alerts of deploy/prometheus, as the Prometheus operator reads them. A test keeps this
        # copy equal (CONTRIBUTING.md).
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata:
          name: terse
          labels:
            app.kubernetes.io/name: terse
        spec:
          groups:

        """;

    private static readonly string Copy = Path.Combine(Overlay.Folder, "monitoring/rules.yaml");

    private static readonly string[] Files =
        Directory.GetFiles(Path.Combine(Repository.Root, "deploy/prometheus"), "*.rules.yml");

    private static bool IsUpdate => Environment.GetEnvironmentVariable("TERSE_UPDATE_RULES") == "1";

    [Fact]
    public async Task The_copy_has_the_rules_of_every_file()
    {
        var expected = Head + string.Concat(Files.Order(StringComparer.Ordinal).SelectMany(ReadGroups));
        if (IsUpdate)
            await File.WriteAllTextAsync(Copy, expected);

        Assert.True(
            expected == await File.ReadAllTextAsync(Copy),
            $"{Copy} is out of date. Renew it: TERSE_UPDATE_RULES=1 "
            + "artifacts/bin/Terse.DeployTests/release/Terse.DeployTests -class *RuleCopyTests");
    }

    [Fact]
    public async Task The_rendered_rules_have_every_alert()
    {
        var manifests = await Overlay.ReadAsync(Overlay.Production);
        var rules = manifests.All<PrometheusRule>().Single().Spec.Groups.SelectMany(group => group.Rules);
        var alerts =
            from line in Files.SelectMany(File.ReadAllLines)
            where line.Contains(" - alert: ", StringComparison.Ordinal)
            select line.Split(": ")[1];

        Assert.Equal(
            alerts.Order(StringComparer.Ordinal),
            rules.Select(rule => rule.Alert).OfType<string>().Order(StringComparer.Ordinal));
    }

    /// <summary>Returns the lines below <c>groups:</c>, indented for their place in the copy.</summary>
    private static IEnumerable<string> ReadGroups(string file) =>
        from line in File.ReadAllLines(file).SkipWhile(line => line != "groups:").Skip(1)
        select line.Length == 0 ? "\n" : $"  {line}\n";
}
