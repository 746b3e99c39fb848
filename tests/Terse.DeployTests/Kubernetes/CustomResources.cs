using k8s;
using k8s.Models;
using YamlDotNet.Serialization;

namespace Terse.DeployTests.Kubernetes;

/// <summary>
/// The fields of custom resources that the manifests use. A field that is missing here fails the tests. The
/// fields are those of the published definitions of CloudNativePG 1.30 and of the Prometheus operator.
/// </summary>
internal abstract class CustomResource : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();
}

/// <summary>https://cloudnative-pg.io/docs/1.30/cloudnative-pg.v1#cluster</summary>
internal sealed class DatabaseCluster : CustomResource
{
    public ClusterSpec Spec { get; set; } = new();

    internal sealed class ClusterSpec
    {
        public int Instances { get; set; }

        public string ImageName { get; set; } = "";

        public BootstrapSpec Bootstrap { get; set; } = new();

        public CertificatesSpec Certificates { get; set; } = new();

        public PostgresSpec Postgresql { get; set; } = new();

        public AffinitySpec Affinity { get; set; } = new();

        public List<V1TopologySpreadConstraint> TopologySpreadConstraints { get; set; } = [];

        public V1ResourceRequirements? Resources { get; set; }

        public StorageSpec? Storage { get; set; }

        public StorageSpec? WalStorage { get; set; }
    }

    internal sealed class BootstrapSpec
    {
        public InitdbSpec Initdb { get; set; } = new();
    }

    internal sealed class InitdbSpec
    {
        public string Database { get; set; } = "";

        public string Owner { get; set; } = "";

        public string Encoding { get; set; } = "";

        public List<string> PostInitApplicationSQL { get; set; } = [];
    }

    internal sealed class CertificatesSpec
    {
        public List<string> ServerAltDNSNames { get; set; } = [];
    }

    internal sealed class PostgresSpec
    {
        public Dictionary<string, string> Parameters { get; set; } = [];

        [YamlMember(Alias = "pg_hba", ApplyNamingConventions = false)]
        public List<string> HostRules { get; set; } = [];

        public SynchronousSpec? Synchronous { get; set; }
    }

    internal sealed class SynchronousSpec
    {
        public string Method { get; set; } = "";

        public int Number { get; set; }

        public string DataDurability { get; set; } = "";

        public bool FailoverQuorum { get; set; }
    }

    internal sealed class AffinitySpec
    {
        public bool EnablePodAntiAffinity { get; set; }

        public string PodAntiAffinityType { get; set; } = "";

        public string TopologyKey { get; set; } = "";
    }

    internal sealed class StorageSpec
    {
        public ResourceQuantity? Size { get; set; }
    }
}

/// <summary>What Prometheus reads (https://prometheus-operator.dev/docs/api-reference/api/).</summary>
internal sealed class ServiceMonitor : CustomResource
{
    public MonitorSpec Spec { get; set; } = new();

    internal sealed class MonitorSpec
    {
        public string JobLabel { get; set; } = "";

        public V1LabelSelector Selector { get; set; } = new();

        public List<EndpointSpec> Endpoints { get; set; } = [];
    }

    internal sealed class EndpointSpec
    {
        public string Port { get; set; } = "";

        public string Interval { get; set; } = "";
    }
}

/// <summary>Rules and alerts (https://prometheus-operator.dev/docs/api-reference/api/).</summary>
internal sealed class PrometheusRule : CustomResource
{
    public RulesSpec Spec { get; set; } = new();

    internal sealed class RulesSpec
    {
        public List<GroupSpec> Groups { get; set; } = [];
    }

    internal sealed class GroupSpec
    {
        public string Name { get; set; } = "";

        public string? Interval { get; set; }

        public List<RuleSpec> Rules { get; set; } = [];
    }

    internal sealed class RuleSpec
    {
        public string? Alert { get; set; }

        public string? Record { get; set; }

        public string Expr { get; set; } = "";

        public string? For { get; set; }

        public Dictionary<string, string> Labels { get; set; } = [];

        public Dictionary<string, string> Annotations { get; set; } = [];
    }
}
