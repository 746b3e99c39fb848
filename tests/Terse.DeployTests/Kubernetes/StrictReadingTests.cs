using YamlDotNet.Core;

namespace Terse.DeployTests.Kubernetes;

/// <summary>A misspelled manifest cannot pass, also in a custom resource.</summary>
public sealed class StrictReadingTests
{
    [Theory]
    [InlineData("readOnlyRootFilesystem: true", "readonlyRootFilesystem: true")]
    [InlineData("maxUnavailable: 0", "maxUnavailabel: 0")]
    [InlineData("dataDurability: required", "durability: required")]
    [InlineData("jobLabel: app.kubernetes.io/name", "job: terse")]
    [InlineData("severity: page", "severity: page\n          labels: {}\n          level: 1")]
    [InlineData("minReadySeconds: 10", "minReadySeconds: 10\n  minReadySeconds: 20")]
    public async Task An_unknown_field_is_an_error(string text, string broken)
    {
        var yaml = await Overlay.RenderAsync(Overlay.Production);
        Assert.Contains(text, yaml, StringComparison.Ordinal);

        Assert.ThrowsAny<YamlException>(
            () => Manifests.Parse(yaml.Replace(text, broken, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("kind: NetworkPolicy", "kind: NetworkPolicies")]
    [InlineData("apiVersion: autoscaling/v2\n", "apiVersion: autoscaling/v2beta2\n")]
    public async Task An_unknown_kind_is_an_error(string text, string broken)
    {
        var yaml = await Overlay.RenderAsync(Overlay.Production);
        Assert.Contains(text, yaml, StringComparison.Ordinal);

        Assert.ThrowsAny<KeyNotFoundException>(
            () => Manifests.Parse(yaml.Replace(text, broken, StringComparison.Ordinal)));
    }
}
