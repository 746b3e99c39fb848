using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>The Debian packages that a fleet needs. As root, the command <c>up</c> installs them.</summary>
internal static class DebianPackages
{
    public static async Task InstallMissingAsync(bool isObserved, bool hasPatroni)
    {
        (string Program, string Package)[] needed =
        [
            ("haproxy", "haproxy"),
            (PostgresPrograms.PathOf("postgres"), "postgresql-15"),
            .. isObserved ? new[] { ("prometheus", "prometheus") } : [],
            .. hasPatroni ? new[] { ("patroni", "patroni"), ("etcd", "etcd-server") } : [],
        ];
        var missing = needed.Where(part => !Exists(part.Program)).Select(part => part.Package).ToList();
        if (missing.Count == 0)
            return;
        var names = string.Join(' ', missing);
        if (Environment.UserName != "root" || !Exists("apt-get"))
            throw new FleetException($"A fleet needs these Debian packages; install them as root: {names}");
        Messages.Say($"Installing {names}");
        await RunAsync("apt-get", "update", "-qq");
        // Patroni finds etcd with this library, which it only recommends.
        if (missing.Contains("patroni", StringComparer.Ordinal))
            missing.Add("python3-etcd");
        await RunAsync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", .. missing]);
        // These packages also start a service for the whole machine, which other machines can reach.
        if (!Directory.Exists("/run/systemd/system"))
            return;
        foreach (var (package, service) in new[] { ("prometheus", "prometheus"), ("etcd-server", "etcd") })
        {
            if (missing.Contains(package, StringComparer.Ordinal))
                await RunAsync("systemctl", "disable", "--quiet", "--now", service);
        }
    }

    private static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var result = await Command.RunAsync(
            program, arguments, environment: ("DEBIAN_FRONTEND", "noninteractive"));
        if (result.ExitCode != 0)
            throw new FleetException($"{program} failed: {result.Errors}");
    }
}
