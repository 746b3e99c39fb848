using System.Text.Json.Nodes;

namespace Terse.FleetTool;

/// <summary>The parts of a fleet as JSON for programs.</summary>
internal static class StatusJson
{
    public static async Task WriteAsync(Fleet fleet)
    {
        var parts = await PartStatus.ReadAllAsync(fleet);
        var json = new JsonObject
        {
            ["balancer"] = parts.Where(Is(PartKind.Balancer)).Select(Endpoint).Single(),
            ["servers"] = new JsonArray([.. parts.Where(Is(PartKind.Server)).Select(Server(fleet.Layout))]),
            ["databases"] = new JsonArray([.. parts.Where(Is(PartKind.Database)).Select(Database)]),
        };
        foreach (var monitor in parts.Where(Is(PartKind.Monitor)))
            json["prometheus"] = Endpoint(monitor);
        foreach (var store in parts.Where(Is(PartKind.Store)))
            json["etcd"] = Endpoint(store);
        json["data"] = fleet.Folder.Path;
        await Console.Out.WriteLineAsync(json.ToJsonString());
    }

    private static Func<PartStatus, bool> Is(PartKind kind) => status => status.Part.Kind == kind;

    private static JsonObject Endpoint(PartStatus status) => new()
    {
        ["url"] = status.Part.Address,
        ["pid"] = status.Process,
        ["alive"] = status.Process is not null,
    };

    private static Func<PartStatus, JsonObject> Server(FleetLayout layout) => status => WithZone(status, new()
    {
        ["name"] = status.Part.Name,
        ["url"] = status.Part.Address,
        ["pid"] = status.Process,
        ["alive"] = status.Process is not null,
        ["metricsUrl"] = $"http://{layout.MetricsOf(status.Part)}",
    });

    private static JsonObject Database(PartStatus status) => WithZone(status, new()
    {
        ["name"] = status.Part.Name,
        ["host"] = "127.0.0.1",
        ["port"] = status.Part.Port,
        ["pid"] = status.Process,
        ["role"] = status.Role,
        ["alive"] = status.Process is not null,
    });

    private static JsonObject WithZone(PartStatus status, JsonObject json)
    {
        if (status.Part.Zone is { } zone)
            json["zone"] = zone;
        return json;
    }
}
