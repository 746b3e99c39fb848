using k8s.Models;
using static Terse.DeployTests.Kubernetes.Policy;

namespace Terse.DeployTests.Kubernetes;

/// <summary>Who reaches whom.</summary>
internal static class NetworkPolicies
{
    public static IReadOnlyList<Policy> All =>
    [
        new("Services lead to ports that exist", Services),
        new("The Ingress leads to the default domain", Ingresses),
        new("Nobody but Prometheus reaches the metrics", Metrics),
        new("Servers reach only what they need", Outgoing),
        new("Only servers and operators reach the databases", Databases),
        new("Prometheus reads every server as the job terse", Monitoring),
    ];

    private static IEnumerable<string> Services(Manifests manifests)
    {
        var servers = manifests.Servers;
        var ports = servers.Container.Ports.Select(port => port.Name).ToList();
        return
        [
            .. from service in manifests.All<V1Service>()
               where service.Metadata.Name.StartsWith("terse", StringComparison.Ordinal)
               where !servers.IsSelectedBy(service.Spec.Selector)
                   || service.Spec.Ports.Any(port => !ports.Contains(port.TargetPort?.Value ?? ""))
               select $"the service {service.Metadata.Name} leads nowhere",
            .. Unless(
                servers.Source is not V1StatefulSet set
                || manifests.Get<V1Service>(set.Spec.ServiceName)?.Spec.ClusterIP == "None",
                "the pods of the set have no names"),
        ];
    }

    private static IEnumerable<string> Ingresses(Manifests manifests)
    {
        var domain = manifests.Document.GetProperty("Domains").GetProperty("Default").GetString();
        foreach (var ingress in manifests.All<V1Ingress>())
        {
            if (ingress.Spec.Rules.Any(rule => rule.Host != domain)
                || ingress.Spec.Tls?.Any(tls => tls.Hosts.Contains(domain)) != true)
            {
                yield return "the ingress has another host than the default domain, or no TLS";
            }

            foreach (var backend in ingress.Spec.Rules
                .SelectMany(rule => rule.Http.Paths)
                .Select(path => path.Backend.Service))
            {
                var service = manifests.Get<V1Service>(backend.Name);
                if (service?.Spec.Ports.Any(port => port.Name == backend.Port.Name) != true)
                    yield return "the ingress leads nowhere";
            }
        }
    }

    private static IEnumerable<string> Metrics(Manifests manifests)
    {
        var rules = PoliciesOf(manifests, "Ingress").SelectMany(policy => policy.Spec.Ingress ?? []).ToList();
        if (rules.Count == 0)
            yield return "everybody reaches every port";
        foreach (var rule in rules)
        {
            if (rule.Ports is null
                || (rule.Ports.Any(port => port.Port?.Value != "http")
                    && rule.FromProperty?.All(peer => NamespaceOf(peer) == "monitoring") != true))
            {
                yield return "others than Prometheus reach the metrics";
            }
        }

        var ports = manifests.Get<V1Service>("terse")?.Spec.Ports;
        if (ports?.All(port => port.TargetPort?.Value == "http") != true)
            yield return "the service for clients shows the metrics";
    }

    private static IEnumerable<string> Outgoing(Manifests manifests)
    {
        var rules = PoliciesOf(manifests, "Egress").SelectMany(policy => policy.Spec.Egress ?? []).ToList();
        if (rules.Count == 0)
            yield return "servers reach everything, or nothing";
        foreach (var rule in rules.Where(rule => rule.Ports?.All(port => port.Port?.Value == "53") != true))
        {
            if (rule.To is null || rule.To.Any(peer => IsTooWide(manifests, peer)))
                yield return "servers reach private networks";
        }
    }

    private static bool IsTooWide(Manifests manifests, V1NetworkPolicyPeer peer) => peer switch
    {
        { IpBlock: { Cidr: "0.0.0.0/0" } block } =>
            block.Except?.Contains("10.0.0.0/8") != true
            || !block.Except.Contains("169.254.0.0/16")
            || !block.Except.Contains("172.16.0.0/12")
            || !block.Except.Contains("192.168.0.0/16"),
        { IpBlock: { Cidr: "::/0" } block } => block.Except?.Contains("fc00::/7") != true,
        { PodSelector.MatchLabels: { } labels } =>
            !labels.TryGetValue("cnpg.io/cluster", out var name)
            || name != manifests.Database?.Metadata.Name,
        _ => true,
    };

    private static IEnumerable<string> Databases(Manifests manifests)
    {
        if (manifests.Database is not { Metadata.Name: var name })
            yield break;
        var policy = manifests.All<V1NetworkPolicy>().SingleOrDefault(found =>
            found.Spec.PodSelector?.MatchLabels?.TryGetValue("cnpg.io/cluster", out var selected) == true
            && selected == name);
        var rules = policy?.Spec.Ingress ?? [];
        if (rules.Count == 0
            || rules.Any(rule => rule.FromProperty is not { Count: > 0 } || rule.Ports is null))
        {
            yield return "everybody reaches the databases";
        }

        if (!rules.Any(rule => Allows(rule, "5432")
            && rule.FromProperty.Any(peer => manifests.Servers.IsSelectedBy(peer.PodSelector?.MatchLabels))))
        {
            yield return "the servers do not reach the databases";
        }

        if (!rules.Any(rule => Allows(rule, "5432") && Allows(rule, "8000")
            && rule.FromProperty.Any(peer => NamespaceOf(peer) == "cnpg-system")))
        {
            yield return "the operator does not reach the databases";
        }
    }

    private static IEnumerable<string> Monitoring(Manifests manifests)
    {
        foreach (var monitor in manifests.All<ServiceMonitor>())
        {
            var endpoint = monitor.Spec.Endpoints.Single();
            var services = manifests.All<V1Service>()
                .Where(service => monitor.Spec.Selector.MatchLabels.All(label =>
                    service.Metadata.Labels?.Contains(label) == true))
                .ToList();
            if (services is not [{ } only]
                || only.Spec.Ports.All(port => port.Name != endpoint.Port)
                || only.Spec.PublishNotReadyAddresses != true)
            {
                yield return "Prometheus does not read each server once, ready or not";
            }
            else if (!only.Metadata.Labels.TryGetValue(monitor.Spec.JobLabel, out var job) || job != "terse")
            {
                yield return "the alerts select another job";
            }
        }
    }

    /// <summary>Returns the policies for the pods of Terse and a direction.</summary>
    private static IEnumerable<V1NetworkPolicy> PoliciesOf(Manifests manifests, string direction) =>
        from policy in manifests.All<V1NetworkPolicy>()
        where manifests.Servers.IsSelectedBy(policy.Spec.PodSelector?.MatchLabels)
            && policy.Spec.PolicyTypes?.Contains(direction) == true
        select policy;

    private static bool Allows(V1NetworkPolicyIngressRule rule, string port) =>
        rule.Ports?.Any(allowed => allowed.Port?.Value == port) == true;

    private static string? NamespaceOf(V1NetworkPolicyPeer peer) =>
        peer.NamespaceSelector?.MatchLabels?.TryGetValue("kubernetes.io/metadata.name", out var name) == true
            ? name
            : null;
}
