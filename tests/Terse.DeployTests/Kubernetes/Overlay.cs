using System.Collections.Concurrent;
using Terse.Harness;

namespace Terse.DeployTests.Kubernetes;

/// <summary>Renders the overlays of <c>deploy/kubernetes</c> as <c>kubectl apply -k</c> does.</summary>
internal static class Overlay
{
    public const string OneMachine = "one-machine";
    public const string Production = "production";
    public const string WithDisks = "production-with-disks";

    /// <summary>The folder of the overlays.</summary>
    public static readonly string Folder = Path.Combine(Repository.Root, "deploy/kubernetes");

    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Rendered = [];

    public static IReadOnlyList<string> All => [OneMachine, Production, WithDisks];

    /// <summary>Returns the manifests of an overlay as YAML.</summary>
    public static Task<string> RenderAsync(string overlay) =>
        Rendered.GetOrAdd(overlay, name => new(() => RunAsync(name))).Value;

    public static async Task<Manifests> ReadAsync(string overlay) =>
        Manifests.Parse(await RenderAsync(overlay));

    private static async Task<string> RunAsync(string overlay)
    {
        var result = await Command.RunAsync("kubectl", ["kustomize", Path.Combine(Folder, overlay)]);
        Assert.True(result.ExitCode == 0, result.Errors);
        return result.Output;
    }
}
