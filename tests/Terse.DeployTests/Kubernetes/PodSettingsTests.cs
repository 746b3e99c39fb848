using System.Net;
using Terse.Harness;

namespace Terse.DeployTests.Kubernetes;

/// <summary>The program accepts the settings of the pods, and answers their probes.</summary>
public sealed class PodSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Overlays => [.. Overlay.All];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_program_accepts_the_configuration(string overlay)
    {
        var servers = (await Overlay.ReadAsync(overlay)).Servers;
        var document = await MountAsync(overlay);

        var result = await Command.RunAsync(
            Repository.Program, ["config", "validate", document], environment: VariablesOf(servers));

        Assert.True(result.ExitCode == 0, result.Errors);
    }

    [Fact]
    public async Task A_server_with_the_settings_of_its_pod_answers_its_probes_and_stops_in_order()
    {
        var servers = (await Overlay.ReadAsync(Overlay.OneMachine)).Servers;
        await MountAsync(Overlay.OneMachine);
        var metrics = FreePort.Find();
        await using var server = await TerseProcess.StartAsync(
            Repository.Program,
            [.. servers.Container.Args],
            _folder.Path,
            [
                .. VariablesOf(servers),
                ("TERSE__Urls", Local(servers.Variable("TERSE__Urls"), port: 0)),
                ("TERSE__Telemetry__MetricsUrl",
                    Local(servers.Variable("TERSE__Telemetry__MetricsUrl"), metrics)),
            ]);

        foreach (var probe in (string[])
            [
                servers.Container.StartupProbe.HttpGet.Path,
                servers.Container.ReadinessProbe.HttpGet.Path,
                servers.Container.LivenessProbe.HttpGet.Path,
            ])
        {
            using var answer = await server.Http.GetAsync(new Uri(probe, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Contains(
            "terse_server_info",
            await server.Http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics}/metrics")),
            StringComparison.Ordinal);
        Assert.NotNull(await server.CreateCodeAsync("https://example.com/"));
        Assert.Equal(0, await server.StopAsync());
    }

    /// <summary>Makes the folders of a pod, and returns the path of its configuration.</summary>
    private async Task<string> MountAsync(string overlay)
    {
        var manifests = await Overlay.ReadAsync(overlay);
        var source = Inside(manifests.Servers.Variable("TERSE__Config__Source"));
        foreach (var mount in manifests.Servers.Container.VolumeMounts)
            Directory.CreateDirectory(Inside(mount.MountPath));
        if (manifests.Database is not null)
        {
            await File.WriteAllTextAsync(Inside("/run/database/password"), "secret");
            File.Copy(new TestCertificates(_folder.Path).Authority, Inside("/run/database/ca.crt"));
        }

        await File.WriteAllTextAsync(
            source,
            manifests.Document.GetRawText().Replace(
                "/run/database", Inside("/run/database"), StringComparison.Ordinal));
        return source;
    }

    private (string Name, string? Value)[] VariablesOf(ServerWorkload servers) =>
    [
        .. from variable in servers.Container.Env
           let value = variable.ValueFrom?.FieldRef.FieldPath switch
           {
               null => variable.Value.Replace("$(POD_IP)", "127.0.0.1", StringComparison.Ordinal),
               "metadata.name" => "terse-0",
               "status.podIP" => "127.0.0.1",
               _ => "", // Kubernetes before 1.35 does not know the zone.
           }
           select (variable.Name, (string?)(value.StartsWith('/') ? Inside(value) : value)),
    ];

    /// <summary>Returns a path of the pod in the folder of this test.</summary>
    private string Inside(string path) => _folder[path.TrimStart('/')];

    /// <summary>Returns an address of a pod for this machine.</summary>
    private static string Local(string url, int port)
    {
        Assert.Matches(@"^http://(\*|0\.0\.0\.0):\d+$", url);
        return $"http://127.0.0.1:{port}";
    }
}
