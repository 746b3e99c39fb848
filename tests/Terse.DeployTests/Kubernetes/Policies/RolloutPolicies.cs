using k8s.Models;
using static Terse.DeployTests.Kubernetes.Policy;

namespace Terse.DeployTests.Kubernetes;

/// <summary>How servers are replaced, moved, added and removed.</summary>
internal static class RolloutPolicies
{
    /// <summary>A stop takes so long after the drain (<c>docs/operating/systemd.md</c>).</summary>
    private const int StopAfterDrainSeconds = 30;

    /// <summary>How many nodes <c>Ids:NodeBits</c> gives by default.</summary>
    private const int Nodes = 32;

    public static IReadOnlyList<Policy> All =>
    [
        new("An update keeps all servers", Updates),
        new("A stop has time for the drain", Drains),
        new("Servers are spread over zones", Spread),
        new("A disruption takes one server at a time", Disruptions),
        new("The autoscaler has limits that fit", Scaling),
    ];

    private static IEnumerable<string> Updates(Manifests manifests)
    {
        if (manifests.Servers.Source is V1Deployment { Spec.Strategy: var strategy })
        {
            if (strategy?.RollingUpdate is not { MaxUnavailable.Value: "0", MaxSurge.Value: not "0" })
                yield return "a server stops before the new one is ready";
        }
        else if (manifests.Servers.Source is V1StatefulSet { Spec.UpdateStrategy: { } update }
            && (update.Type != "RollingUpdate" || update.RollingUpdate?.MaxUnavailable is not null))
        {
            yield return "several servers are replaced at once";
        }

        if (manifests.Servers.MinReadySeconds is not > 0)
            yield return "an update does not watch a new server";
    }

    private static IEnumerable<string> Drains(Manifests manifests)
    {
        var servers = manifests.Servers;
        var sleep = servers.Container.Lifecycle?.PreStop?.Sleep?.Seconds ?? 0;
        var grace = servers.Pod.TerminationGracePeriodSeconds ?? 0;
        if (grace <= sleep + servers.DrainSeconds() + StopAfterDrainSeconds)
            yield return "the server is killed before it has stopped";
        if (servers.IsSingle)
        {
            if (sleep + servers.DrainSeconds() > 0)
                yield return "nobody answers while the only server waits";
            yield break;
        }

        if (sleep == 0)
            yield return "balancers still use a server that stops";
        var ready = servers.Container.ReadinessProbe;
        if (servers.DrainSeconds() < 2 * ready.PeriodSeconds * ready.FailureThreshold)
            yield return "balancers that probe do not notice the drain";
    }

    private static IEnumerable<string> Spread(Manifests manifests)
    {
        var servers = manifests.Servers;
        var constraints = servers.Pod.TopologySpreadConstraints ?? [];
        if (!servers.IsSingle)
        {
            if (!IsSpread("topology.kubernetes.io/zone", "DoNotSchedule"))
                yield return "servers may all be in one zone";
            if (!IsSpread("kubernetes.io/hostname", "ScheduleAnyway"))
                yield return "servers may all be on one machine";
        }

        if (manifests.Database is { } database)
        {
            if (database.Spec.Affinity is not
                {
                    EnablePodAntiAffinity: true,
                    PodAntiAffinityType: "required",
                    TopologyKey: "kubernetes.io/hostname",
                })
            {
                yield return "databases may be on one machine";
            }

            if (database.Spec.TopologySpreadConstraints.All(
                constraint => constraint.TopologyKey != "topology.kubernetes.io/zone"))
            {
                yield return "databases may all be in one zone";
            }
        }

        bool IsSpread(string key, string otherwise) => constraints.Any(constraint =>
            constraint.TopologyKey == key
            && constraint.MaxSkew == 1
            && constraint.WhenUnsatisfiable == otherwise
            && servers.IsSelectedBy(constraint.LabelSelector?.MatchLabels));
    }

    private static IEnumerable<string> Disruptions(Manifests manifests) => Unless(
        manifests.Servers.IsSingle || manifests.All<V1PodDisruptionBudget>().Any(budget =>
            budget.Spec.MaxUnavailable?.Value == "1"
            && budget.Spec.UnhealthyPodEvictionPolicy == "AlwaysAllow"
            && manifests.Servers.IsSelectedBy(budget.Spec.Selector?.MatchLabels)),
        "all servers may be moved at once");

    private static IEnumerable<string> Scaling(Manifests manifests)
    {
        var servers = manifests.Servers;
        if (manifests.Autoscaler is not { Spec: var spec })
            return Unless(servers.IsSingle, "no autoscaler decides how many servers run");
        return
        [
            .. Unless(servers.Replicas is null, "each update resets the number of servers"),
            .. Unless(
                (spec.ScaleTargetRef.Kind, spec.ScaleTargetRef.Name) == (servers.Kind, servers.Name),
                "the autoscaler scales nothing"),
            .. Unless(spec.MinReplicas >= 3, "a lost zone takes too many of the servers"),
            .. Unless(
                DatabasePolicies.ConnectionsOf(manifests, spec.MaxReplicas + 1)
                    <= DatabasePolicies.FreeConnections(manifests),
                "the databases have too few connections for all servers"),
            .. Unless(spec.MaxReplicas * 2 < Nodes, "servers that are replaced find no node"),
            .. Unless(
                spec.Behavior?.ScaleDown?.StabilizationWindowSeconds >= 60, "servers come and go"),
        ];
    }
}
