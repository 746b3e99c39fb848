using k8s.Models;
using static Terse.DeployTests.Kubernetes.Policy;

namespace Terse.DeployTests.Kubernetes;

/// <summary>The folders of a server.</summary>
internal static class VolumePolicies
{
    /// <summary>The default of <c>Visits:SpoolBytes</c>, and a quarter of it for refused batches.</summary>
    private const long SpoolBytes = 1280L * 1024 * 1024;

    public static IReadOnlyList<Policy> All =>
    [
        new("Every mounted volume exists", Mounts),
        new("The data folder holds the visits", Data),
        new("A changed configuration reaches the servers", Configuration),
    ];

    private static IEnumerable<string> Mounts(Manifests manifests)
    {
        var servers = manifests.Servers;
        string[] volumes =
        [
            .. servers.Pod.Volumes.Select(volume => volume.Name),
            .. servers.Claims.Select(claim => claim.Metadata.Name),
        ];
        return
            from name in volumes.Concat(servers.Container.VolumeMounts.Select(mount => mount.Name)).Distinct()
            where volumes.Count(volume => volume == name) != 1
                || servers.Container.VolumeMounts.Count(mount => mount.Name == name) != 1
            select $"the volume {name} is missing, is not mounted, or appears twice";
    }

    private static IEnumerable<string> Data(Manifests manifests)
    {
        var servers = manifests.Servers;
        var mount = servers.Container.VolumeMounts
            .SingleOrDefault(found => found.MountPath == servers.Variable("TERSE__Storage__Folder"));
        if (mount is null || mount.ReadOnlyProperty == true)
            return ["the server cannot write to its folder"];
        if (servers.Claims.SingleOrDefault(claim => claim.Metadata.Name == mount.Name) is { } claim)
        {
            return Unless(
                claim.Spec.Resources.Requests["storage"].ToInt64() > SpoolBytes, "the volume is too small");
        }

        var volume = servers.Pod.Volumes.SingleOrDefault(found => found.Name == mount.Name);
        var size = volume?.EmptyDir?.SizeLimit?.ToInt64() ?? 0;
        var resources = servers.Container.Resources;
        return
        [
            .. Unless(manifests.Database is not null, "the only database is lost with its pod"),
            .. Unless(size > SpoolBytes, "a full spool evicts the pod"),
            .. Unless(
                resources.Requests.TryGetValue("ephemeral-storage", out var requested)
                && requested.ToInt64() >= size,
                "the machine may have no space for the spool"),
            .. Unless(
                resources.Limits.TryGetValue("ephemeral-storage", out var limit) && limit.ToInt64() > size,
                "the limit of the disk evicts the pod before the volume is full"),
        ];
    }

    private static IEnumerable<string> Configuration(Manifests manifests)
    {
        var servers = manifests.Servers;
        var source = servers.Variable("TERSE__Config__Source");
        var mount = servers.Container.VolumeMounts
            .SingleOrDefault(found => found.MountPath == Path.GetDirectoryName(source));
        var volume = servers.Pod.Volumes.SingleOrDefault(found => found.Name == mount?.Name);
        var map = volume?.ConfigMap?.Name is { } name ? manifests.Get<V1ConfigMap>(name) : null;
        return
        [
            .. Unless(mount is { SubPath: null }, "a file that is mounted alone never changes"),
            .. Unless(volume?.ConfigMap?.Name == "terse", "a name with a hash replaces all pods"),
            .. Unless(
                map?.Data.ContainsKey(Path.GetFileName(source)) == true, "the configuration is missing"),
            .. Unless(map?.Immutable != true, "the configuration cannot change"),
        ];
    }
}
