using k8s.Models;
using static Terse.DeployTests.Kubernetes.Policy;

namespace Terse.DeployTests.Kubernetes;

/// <summary>What a single pod may do and needs.</summary>
internal static class PodPolicies
{
    /// <summary>A start waits so long for a primary.</summary>
    private const int LongestStartSeconds = 45;

    public static IReadOnlyList<Policy> All =>
    [
        new("Pods have no rights", WithRights),
        new("Pods request what the bench measured", Resources),
        new("Pods are probed", Probes),
        new("Images have a version", Images),
        new("All objects are in a restricted namespace", Namespaces),
    ];

    private static IEnumerable<string> WithRights(Manifests manifests)
    {
        var pod = manifests.Servers.Pod;
        var container = manifests.Servers.Container;
        var context = container.SecurityContext;
        return
        [
            .. Unless(pod.SecurityContext?.RunAsNonRoot == true, "may run as root"),
            .. Unless(pod.SecurityContext?.RunAsUser > 0, "has no user"),
            .. Unless(pod.SecurityContext?.FsGroup > 0, "may be unable to write to its volume"),
            .. Unless(
                pod.SecurityContext?.SeccompProfile?.Type == "RuntimeDefault", "has no seccomp profile"),
            .. Unless(pod.AutomountServiceAccountToken == false, "has a token"),
            .. Unless(pod.EnableServiceLinks == false, "has variables of other services"),
            .. Unless(
                pod is { HostNetwork: not true, HostPID: not true, HostIPC: not true },
                "uses the namespaces of its machine"),
            .. Unless(pod.Volumes.All(volume => volume.HostPath is null), "uses the disk of its machine"),
            .. Unless(context?.AllowPrivilegeEscalation == false, "may get privileges"),
            .. Unless(context?.Privileged != true, "is privileged"),
            .. Unless(context?.ReadOnlyRootFilesystem == true, "can write to its root"),
            .. Unless(context?.Capabilities?.Drop?.SequenceEqual(["ALL"]) == true, "keeps capabilities"),
            .. Unless(context?.Capabilities?.Add is null, "adds capabilities"),
            .. Unless(pod.Containers.Count == 1 && pod.InitContainers is null, "has other containers"),
        ];
    }

    private static IEnumerable<string> Resources(Manifests manifests)
    {
        List<V1ResourceRequirements?> all = [manifests.Servers.Container.Resources];
        if (manifests.Database is { } database)
            all.Add(database.Spec.Resources);
        foreach (var resources in all)
        {
            var requests = resources?.Requests;
            var limits = resources?.Limits;
            if (requests?.ContainsKey("cpu") != true)
                yield return "requests no CPU time";
            if (limits?.ContainsKey("cpu") == true)
                yield return "a limit of CPU time makes it slow without a reason";
            if (requests is null || limits is null
                || !requests.TryGetValue("memory", out var requested)
                || !limits.TryGetValue("memory", out var limit)
                || requested.ToDecimal() != limit.ToDecimal())
            {
                yield return "does not request the memory that it may use";
            }
        }
    }

    private static IEnumerable<string> Probes(Manifests manifests)
    {
        var container = manifests.Servers.Container;
        var (start, ready, live) =
            (container.StartupProbe, container.ReadinessProbe, container.LivenessProbe);
        return
        [
            .. Unless(PathOf(start) == "/livez", "the startup probe does not ask /livez"),
            .. Unless(PathOf(ready) == "/readyz", "the readiness probe does not ask /readyz"),
            .. Unless(PathOf(live) == "/livez", "the liveness probe does not ask /livez"),
            .. Unless(SecondsOf(start) > LongestStartSeconds, "a slow start is killed"),
            .. Unless(SecondsOf(ready) <= 5, "clients reach a server that is not ready for too long"),
            .. Unless(SecondsOf(live) >= 30, "a busy server is killed"),
        ];

        static string? PathOf(V1Probe? probe) =>
            probe?.HttpGet is { Port.Value: "http" } request ? request.Path : null;

        static int SecondsOf(V1Probe? probe) => (probe?.PeriodSeconds * probe?.FailureThreshold) ?? 0;
    }

    private static IEnumerable<string> Images(Manifests manifests)
    {
        string[] images =
        [
            manifests.Servers.Container.Image,
            .. manifests.All<DatabaseCluster>().Select(cluster => cluster.Spec.ImageName),
        ];
        return
            from image in images
            let tag = image[(image.LastIndexOf('/') + 1)..].Split(':').ElementAtOrDefault(1) ?? ""
            where !Version.TryParse(tag.Split('-')[0], out _)
            select $"the image {image} can change";
    }

    private static IEnumerable<string> Namespaces(Manifests manifests) =>
    [
        .. Unless(
            manifests.Get<V1Namespace>("terse")?.Metadata.Labels?
                .TryGetValue("pod-security.kubernetes.io/enforce", out var level) == true
            && level == "restricted",
            "the namespace is not restricted"),
        .. from found in manifests.Objects
           where found is not V1Namespace && found.Metadata.NamespaceProperty != "terse"
           select $"{found.Kind} {found.Metadata.Name} is in another namespace",
    ];
}
