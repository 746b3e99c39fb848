namespace Terse.DeployTests.Kubernetes;

/// <summary>For every policy, changes of the rendered manifests that the policy must find.</summary>
internal static class BrokenCopies
{
    private const string One = Overlay.OneMachine;
    private const string Many = Overlay.Production;
    private const string Disks = Overlay.WithDisks;

    /// <summary>The policy, the overlay, a text of it, and what replaces the text.</summary>
    public static TheoryData<string, string, string, string> All =>
        [.. Pods, .. Rollouts, .. Volumes, .. Networks, .. Databases];

    private static TheoryData<string, string, string, string> Pods => new()
    {
        { "Pods have no rights", One, "runAsNonRoot: true", "runAsNonRoot: false" },
        { "Pods have no rights", Many, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false" },
        { "Pods have no rights", Many, "            - ALL\n", "            - NET_RAW\n" },
        { "Pods have no rights", Many, "type: RuntimeDefault", "type: Unconfined" },
        { "Pods have no rights", Disks, "enableServiceLinks: false", "hostNetwork: true" },
        { "Pods have no rights", Many, "allowPrivilegeEscalation: false", "privileged: true" },
        { "Pods request what the bench measured", Many, "cpu: 500m", "example.com/x: '1'" },
        { "Pods request what the bench measured", Many, "memory: 2Gi", "example.com/x: '1'" },
        { "Pods request what the bench measured", One, "limits:\n", "limits:\n            cpu: 1\n" },
        { "Pods are probed", Many, "path: /readyz", "path: /livez" },
        { "Pods are probed", Many, "path: /livez", "path: /readyz" },
        { "Pods are probed", One, "failureThreshold: 60", "failureThreshold: 10" },
        { "Images have a version", Many, "registry.example/terse:0.1.0", "registry.example:5000/terse" },
        { "Images have a version", Many, "terse:0.1.0", "terse:latest" },
        { "All objects are in a restricted namespace", One, "enforce: restricted", "enforce: baseline" },
        { "All objects are in a restricted namespace", Many, "  namespace: terse\n", "" },
    };

    private static TheoryData<string, string, string, string> Rollouts => new()
    {
        { "An update keeps all servers", Many, "maxUnavailable: 0", "maxUnavailable: 1" },
        { "An update keeps all servers", Many, "maxSurge: 1", "maxSurge: 0" },
        { "An update keeps all servers", Disks, "minReadySeconds: 10", "minReadySeconds: 0" },
        {
            "An update keeps all servers", Disks, "podManagementPolicy: Parallel",
            "updateStrategy:\n    type: OnDelete"
        },
        { "A stop has time for the drain", Many, "GracePeriodSeconds: 60", "GracePeriodSeconds: 45" },
        { "A stop has time for the drain", Many, "00:00:10", "00:00:03" },
        { "A stop has time for the drain", Disks, "seconds: 5\n", "seconds: 0\n" },
        { "A stop has time for the drain", One, "00:00:00", "00:00:10" },
        { "Servers are spread over zones", Many, "DoNotSchedule", "ScheduleAnyway" },
        {
            "Servers are spread over zones", Many,
            "podAntiAffinityType: required", "podAntiAffinityType: preferred"
        },
        { "Servers are spread over zones", Disks, "maxSkew: 1", "maxSkew: 2" },
        {
            "A disruption takes one server at a time", Many,
            "  maxUnavailable: 1\n", "  maxUnavailable: 50%\n"
        },
        {
            "The autoscaler has limits that fit", Disks,
            "kind: StatefulSet\n    name", "kind: Deployment\n    name"
        },
        { "The autoscaler has limits that fit", Many, "minReplicas: 3", "minReplicas: 1" },
        { "The autoscaler has limits that fit", Many, "maxReplicas: 10", "maxReplicas: 15" },
        { "The autoscaler has limits that fit", Many, "minReadySeconds: 10", "replicas: 3" },
    };

    private static TheoryData<string, string, string, string> Volumes => new()
    {
        {
            "Every mounted volume exists", Many,
            "/etc/terse\n          name: configuration", "/etc/terse\n          name: settings"
        },
        { "Every mounted volume exists", Disks, "- name: database\n", "- name: data\n" },
        { "The data folder holds the visits", Many, "sizeLimit: 2Gi", "sizeLimit: 1Gi" },
        { "The data folder holds the visits", Many, "ephemeral-storage: 2Gi", "ephemeral-storage: 1Gi" },
        { "The data folder holds the visits", Disks, "storage: 2Gi", "storage: 1Gi" },
        { "The data folder holds the visits", One, "value: /var/lib/terse", "value: /data" },
        {
            "A changed configuration reaches the servers", One, "mountPath: /etc/terse\n",
            "mountPath: /etc/terse\n          subPath: terse.json\n"
        },
        { "A changed configuration reaches the servers", Many, "terse.json: |", "other.json: |" },
    };

    private static TheoryData<string, string, string, string> Networks => new()
    {
        { "Services lead to ports that exist", One, "targetPort: http", "targetPort: https" },
        { "Services lead to ports that exist", Disks, "serviceName: terse-servers", "serviceName: terse" },
        { "The Ingress leads to the default domain", One, "host: go.example.com", "host: example.com" },
        {
            "The Ingress leads to the default domain", Many,
            "              name: http", "              name: web"
        },
        { "Nobody but Prometheus reaches the metrics", Many, "  - ports:\n    - port: http", "  - {}" },
        { "Nobody but Prometheus reaches the metrics", One, "    - port: http\n", "    - port: metrics\n" },
        { "Nobody but Prometheus reaches the metrics", One, "  - Ingress\n", "" },
        { "Servers reach only what they need", Many, "        - 10.0.0.0/8\n", "" },
        { "Servers reach only what they need", Many, "cidr: ::/0", "cidr: fd00::/8" },
        { "Servers reach only what they need", One, "  - Egress\n", "" },
        {
            "Only servers and operators reach the databases", Many,
            "metadata.name: cnpg-system", "metadata.name: x"
        },
        { "Only servers and operators reach the databases", Many, "- port: 5432", "- port: 5433" },
        {
            "Prometheus reads every server as the job terse", Many,
            "jobLabel: app.kubernetes.io/name", "jobLabel: x"
        },
        {
            "Prometheus reads every server as the job terse", Many, "component: metrics\n    app",
            "component: other\n    app"
        },
    };

    private static TheoryData<string, string, string, string> Databases => new()
    {
        { "Servers address every instance", Many, "instanceName: terse-db-2", "instanceName: terse-db-1" },
        { "Servers address every instance", Many, "instances: 3", "instances: 2" },
        { "Servers address every instance", Many, "Host=database-a", "Host=terse-db-ro" },
        { "Servers address every instance", Many, "publishNotReadyAddresses: true", "type: ClusterIP" },
        { "Servers verify the databases", Many, "SSL Mode=VerifyFull", "SSL Mode=Require" },
        { "Servers verify the databases", Many, "    - database-b\n", "" },
        { "Servers verify the databases", Many, "path: password", "path: secret" },
        { "Servers verify the databases", Many, "hostnossl all all all reject", "host all all all md5" },
        { "Servers verify the databases", Many, "Username=terse", "Username=app" },
        { "A commit is on a replica", Many, "dataDurability: required", "dataDurability: preferred" },
        { "A commit is on a replica", Many, "failoverQuorum: true", "failoverQuorum: false" },
    };
}
