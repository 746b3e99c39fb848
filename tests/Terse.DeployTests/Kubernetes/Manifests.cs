using System.Text.Json;
using k8s;
using k8s.Models;

namespace Terse.DeployTests.Kubernetes;

/// <summary>
/// The objects of an overlay, read strictly: an unknown kind, an unknown field and a field that appears twice
/// are errors.
/// </summary>
internal sealed class Manifests
{
    private static readonly Dictionary<string, Type> CustomTypes = new(StringComparer.Ordinal)
    {
        ["postgresql.cnpg.io/v1/Cluster"] = typeof(DatabaseCluster),
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
    };

    /// <summary>The section of the configuration with the hosts.</summary>
    private const string HostsSection = "Database";

    private Manifests(List<IKubernetesObject<V1ObjectMeta>> objects)
    {
        Objects = objects;
        Servers = All<V1Deployment>().Select(ServerWorkload.Of)
            .Concat(All<V1StatefulSet>().Select(ServerWorkload.Of))
            .Single();
        Document = Get<V1ConfigMap>("terse") is { } map && map.Data.TryGetValue("terse.json", out var text)
            ? JsonDocument.Parse(text).RootElement
            : default;
    }

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects { get; }

    /// <summary>What starts the pods of Terse.</summary>
    public ServerWorkload Servers { get; }

    /// <summary>The configuration that all servers share.</summary>
    public JsonElement Document { get; }

    public DatabaseCluster? Database => All<DatabaseCluster>().SingleOrDefault();

    public V2HorizontalPodAutoscaler? Autoscaler => All<V2HorizontalPodAutoscaler>().SingleOrDefault();

    /// <exception cref="YamlDotNet.Core.YamlException">A manifest has an unknown field.</exception>
    /// <exception cref="KeyNotFoundException">A manifest has an unknown kind.</exception>
    public static Manifests Parse(string yaml) => new(
    [
        .. KubernetesYaml.LoadAllFromString(yaml, CustomTypes, strict: true)
            .Cast<IKubernetesObject<V1ObjectMeta>>(),
    ]);

    public IEnumerable<T> All<T>()
        where T : class =>
        Objects.OfType<T>();

    /// <summary>Returns the object of a kind with a name; null if there is none.</summary>
    public T? Get<T>(string name)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        All<T>().SingleOrDefault(found => found.Metadata.Name == name);

    /// <summary>Returns the hosts of the databases in the configuration; none with SQLite.</summary>
    public IReadOnlyList<Dictionary<string, string>> DatabaseHosts() =>
        Document.TryGetProperty(HostsSection, out var database)
            ? [.. database.GetProperty("Hosts").EnumerateArray().Select(host => ReadHost(host.GetString()!))]
            : [];

    private static Dictionary<string, string> ReadHost(string host) => host.Split(';')
        .Select(part => part.Split('=', 2))
        .ToDictionary(part => part[0], part => part[1], StringComparer.Ordinal);
}
