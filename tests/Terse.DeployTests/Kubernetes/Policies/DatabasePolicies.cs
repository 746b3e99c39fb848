using System.Globalization;
using k8s.Models;
using static Terse.DeployTests.Kubernetes.Policy;

namespace Terse.DeployTests.Kubernetes;

/// <summary>The databases, and how the servers reach each of them.</summary>
internal static class DatabasePolicies
{
    /// <summary>The default of <c>Database:MaxConnections</c>.</summary>
    private const int ConnectionsOfServer = 12;

    /// <summary>For superusers, replication, backups and monitoring.</summary>
    private const int OtherConnections = 13;

    public static IReadOnlyList<Policy> All =>
    [
        new("Servers address every instance", Addresses),
        new("Servers verify the databases", Login),
        new("A commit is on a replica", Durability),
    ];

    public static int ConnectionsOf(Manifests manifests, int servers) =>
        manifests.Database is null ? 0 : servers * ConnectionsOfServer;

    public static int FreeConnections(Manifests manifests) =>
        manifests.Database?.Spec.Postgresql.Parameters.TryGetValue("max_connections", out var text) == true
            ? int.Parse(text, CultureInfo.InvariantCulture) - OtherConnections
            : 0;

    private static IEnumerable<string> Addresses(Manifests manifests)
    {
        var hosts = manifests.DatabaseHosts();
        if (manifests.Database is not { } database)
            return Unless(hosts.Count == 0, "there are no databases");
        var selected =
            from host in hosts
            let selector = manifests.Get<V1Service>(host["Host"])?.Spec.Selector
            where selector is not null
                && selector.Contains(new("cnpg.io/cluster", database.Metadata.Name))
            select selector.TryGetValue("cnpg.io/instanceName", out var instance) ? instance : "";
        var instances = Enumerable.Range(1, database.Spec.Instances)
            .Select(number => $"{database.Metadata.Name}-{number}");
        return
        [
            .. Unless(database.Spec.Instances >= 3, "there are not two replicas"),
            .. Unless(
                selected.Order(StringComparer.Ordinal).SequenceEqual(instances, StringComparer.Ordinal),
                "the hosts of the configuration are not the instances, each once"),
            .. Unless(
                manifests.All<V1Service>()
                    .Where(service => service.Spec.Selector.ContainsKey("cnpg.io/instanceName"))
                    .All(service => service.Spec.PublishNotReadyAddresses == true
                        && service.Spec.Ports is [{ Port: 5432 }]),
                "Kubernetes hides an instance that Terse could read"),
        ];
    }

    private static IEnumerable<string> Login(Manifests manifests)
    {
        if (manifests.Database is not { Spec: var spec })
            yield break;
        var files = MountedFiles(manifests.Servers).ToList();
        foreach (var host in manifests.DatabaseHosts())
        {
            if (host["SSL Mode"] != "VerifyFull" || !files.Contains(host["Root Certificate"]))
                yield return "servers do not verify the databases";
            if (!spec.Certificates.ServerAltDNSNames.Contains(host["Host"]))
                yield return "the certificate does not name the host";
            var initdb = spec.Bootstrap.Initdb;
            if ((host["Username"], host["Database"]) != (initdb.Owner, initdb.Database))
                yield return "the servers use another user or database";
        }

        var password = manifests.Document.GetProperty("Database").GetProperty("PasswordFile").GetString();
        if (!files.Contains(password ?? ""))
            yield return "the servers have no password";
        if (!spec.Postgresql.HostRules.Contains("hostnossl all all all reject"))
            yield return "the databases accept connections without TLS";
    }

    private static IEnumerable<string> Durability(Manifests manifests) => Unless(
        manifests.Database is null or
        {
            Spec:
            {
                Bootstrap.Initdb.Encoding: "UTF8",
                Storage.Size: not null,
                Postgresql.Synchronous:
                {
                    Method: "any", Number: >= 1, DataDurability: "required", FailoverQuorum: true,
                },
            },
        },
        "a failover loses acknowledged links");

    /// <summary>Returns the files of secrets in the pods.</summary>
    private static IEnumerable<string> MountedFiles(ServerWorkload servers) =>
        from mount in servers.Container.VolumeMounts
        from volume in servers.Pod.Volumes
        where volume.Name == mount.Name && volume.Projected is not null
        from source in volume.Projected.Sources
        from item in source.Secret.Items
        select $"{mount.MountPath}/{item.Path}";
}
