using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Terse.Commands;
using Terse.Fleet;

namespace Terse.Tests.Commands;

/// <summary>
/// A program that answers like the server with the list of the fleet, and like the metrics of its servers.
/// </summary>
internal sealed class FakeFleet : IAsyncDisposable
{
    private readonly List<WebApplication> _apps = [];
    private readonly List<FleetServer> _servers = [];

    public Uri Address { get; private set; } = null!;

    /// <summary>The answer for the list of the fleet; null for that of the servers that were added.</summary>
    public string? Answer { get; set; }

    /// <summary>The metrics of each server.</summary>
    public ConcurrentDictionary<string, string> Metrics { get; } = new(StringComparer.Ordinal);

    public static async Task<FakeFleet> StartAsync()
    {
        var fleet = new FakeFleet();
        fleet.Address = new(await fleet.ListenAsync(FleetEndpoints.Path, fleet.WriteList));
        return fleet;
    }

    /// <summary>Adds a server, and returns the address of its metrics.</summary>
    /// <param name="name">Its name in the list.</param>
    /// <param name="metricsName">Its name in its metrics.</param>
    /// <param name="configuration">The hash of its settings.</param>
    public async Task<string> AddAsync(
        string name, string? metricsName = null, string configuration = "0123456789ab")
    {
        Metrics[name] = "";
        var target = $"target_info{{service_instance_id=\"{metricsName ?? name}\"}} 1\n";
        var url = await ListenAsync("/metrics", () => target + Metrics[name]);
        List(name, url, configuration);
        return url;
    }

    /// <summary>Adds a server to the list alone.</summary>
    public void List(string name, string? metricsUrl, string configuration = "0123456789ab") => _servers.Add(
        new(
            name,
            1,
            "eu-1a",
            "1.0",
            configuration,
            metricsUrl,
            SharedConfiguration: null,
            DateTime.UnixEpoch,
            DateTime.UnixEpoch));

    /// <summary>Changes the time of a server's first report, as a restart does.</summary>
    public void Restart(string name)
    {
        var index = _servers.FindIndex(server => server.Name == name);
        _servers[index] = _servers[index] with { Since = _servers[index].Since.AddMinutes(1) };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
    }

    private string WriteList() => Answer ?? JsonSerializer.Serialize(
        new FleetResource([], [.. _servers], null), ServerAnswerJson.Default.FleetResource);

    private async Task<string> ListenAsync(string path, Func<string> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration["Urls"] = "http://127.0.0.1:0";
        builder.Configuration["Logging:LogLevel:Default"] = "None";
        var app = builder.Build();
        app.MapGet(path, () => TypedResults.Text(answer()));
        await app.StartAsync();
        _apps.Add(app);
        return app.Urls.Single();
    }
}
