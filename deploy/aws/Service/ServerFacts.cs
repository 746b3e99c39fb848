using System.Globalization;
using Amazon.CDK.AWS.EC2;
using Terse.Aws.Configuration;
using Terse.Aws.Database;
using Terse.Aws.Network;
using Terse.Aws.Settings;

namespace Terse.Aws.Service;

/// <summary>
/// What a machine must know of the installation, as environment variables in a file that both a shell and
/// systemd read. Names that begin with TERSE__ are settings of the program; the scripts of the image read the
/// others.
/// </summary>
internal sealed class ServerFacts(
    AwsSettings settings, NetworkStack network, DatabaseStack database, ConfigurationStack configuration)
{
    public const string File = "/etc/terse/fleet.env";

    /// <summary>Returns the user data: it writes the facts and runs a script of the image.</summary>
    public UserData UserData(string script, IEnumerable<(string Name, string Value)> more)
    {
        var data = Amazon.CDK.AWS.EC2.UserData.ForLinux(new LinuxUserDataOptions { Shebang = "#!/bin/sh" });
        data.AddCommands(
            [
                "set -eu",
                $"cat >{File} <<'FACTS'",
                .. All().Concat(more).Select(fact => $"{fact.Name}='{fact.Value}'"),
                "FACTS",
                $"exec /usr/local/lib/terse/{script}",
            ]);
        return data;
    }

    private IEnumerable<(string Name, string Value)> All() =>
    [
        ("AWS_REGION", settings.Region),
        ("FLEET_NAME", settings.Name),
        ("FLEET_GROUP", FleetNames.Group(settings)),
        ("FLEET_START_HOOK", FleetNames.StartHook),
        ("FLEET_STOP_HOOK", FleetNames.StopHook),
        ("FLEET_METRIC_LOG", FleetNames.MetricLog(settings)),
        ("FLEET_SERVER_LOG", FleetNames.ServerLog(settings)),
        ("FLEET_FILES", configuration.FileSystem),
        ("TERSE__Config__Source", Source()),
        ("TERSE__Urls", $"https://*:{NetworkStack.ServerPort}"),
        ("TERSE__Domains__Default", settings.Domain),
        ("TERSE__Domains__Scheme", "https"),
        ("TERSE__Database__Authentication", "RdsIam"),
        .. database.Hosts.Select((host, index) =>
            (Indexed("TERSE__Database__Hosts", index), Connection(host))),
        ("TERSE__Ids__NodeBits", settings.Size.NodeBits.ToString(CultureInfo.InvariantCulture)),
        ("TERSE__Drain__Delay", Timing.DrainDelay.ToString("c", CultureInfo.InvariantCulture)),
        .. Trusted().Select((subnet, index) => (Indexed("TERSE__Proxies__Trusted", index), subnet)),
    ];

    private string Source() => settings.Configuration == ConfigurationSource.S3
        ? $"s3://{configuration.Bucket}/{FleetNames.Document}"
        : $"/var/lib/terse-configuration/{FleetNames.Document}";

    /// <summary>The balancer has addresses of the public subnets, and nothing else has.</summary>
    private IEnumerable<string> Trusted() =>
        network.Vpc.PublicSubnets.Select(subnet => subnet.Ipv4CidrBlock);

    private static string Connection(string host) =>
        $"Host={host};Database={FleetNames.Database};Username={FleetNames.DatabaseUser};"
        + "SSL Mode=VerifyFull;Root Certificate=/etc/terse/rds-ca.pem";

    private static string Indexed(string name, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}__{index}");
}
