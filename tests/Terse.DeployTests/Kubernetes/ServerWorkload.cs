using System.Globalization;
using k8s.Models;

namespace Terse.DeployTests.Kubernetes;

/// <summary>The servers of Terse, as a Deployment or a StatefulSet.</summary>
/// <param name="Source">The object itself.</param>
/// <param name="Kind">The kind of the object.</param>
/// <param name="Name">The name of the object.</param>
/// <param name="Template">The pods.</param>
/// <param name="Replicas">The number of pods; null if an autoscaler decides.</param>
/// <param name="MinReadySeconds">How long an update watches a new pod.</param>
/// <param name="Claims">The volumes of each pod.</param>
internal sealed record ServerWorkload(
    object Source,
    string Kind,
    string Name,
    V1PodTemplateSpec Template,
    int? Replicas,
    int? MinReadySeconds,
    IReadOnlyList<V1PersistentVolumeClaim> Claims)
{
    public V1PodSpec Pod => Template.Spec;

    public V1Container Container => Pod.Containers.Single();

    /// <summary>One server that stops before the next one starts.</summary>
    public bool IsSingle => Replicas == 1;

    public static ServerWorkload Of(V1Deployment deployment) => new(
        deployment,
        deployment.Kind,
        deployment.Metadata.Name,
        deployment.Spec.Template,
        deployment.Spec.Replicas,
        deployment.Spec.MinReadySeconds,
        []);

    public static ServerWorkload Of(V1StatefulSet set) => new(
        set,
        set.Kind,
        set.Metadata.Name,
        set.Spec.Template,
        set.Spec.Replicas,
        set.Spec.MinReadySeconds,
        [.. set.Spec.VolumeClaimTemplates ?? []]);

    /// <summary>Returns the value of an environment variable; empty if it is absent or known later.</summary>
    public string Variable(string name) =>
        Container.Env.SingleOrDefault(variable => variable.Name == name)?.Value ?? "";

    /// <summary>Returns <c>Drain:Delay</c> in seconds.</summary>
    public double DrainSeconds() =>
        TimeSpan.Parse(Variable("TERSE__Drain__Delay"), CultureInfo.InvariantCulture).TotalSeconds;

    /// <summary>Whether a selector selects these pods.</summary>
    public bool IsSelectedBy(IDictionary<string, string>? labels) =>
        labels?.All(label => Template.Metadata.Labels.Contains(label)) == true;
}
