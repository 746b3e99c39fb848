namespace Terse.FleetTool;

/// <summary>The parts of a fleet as a table for people.</summary>
internal static class StatusTable
{
    public static async Task WriteAsync(Fleet fleet)
    {
        var hasZones = !fleet.Layout.Zones.IsEmpty;
        var lines = (await PartStatus.ReadAllAsync(fleet))
            .Select(status => Line(
                status.Part.Name,
                status.Role,
                status.Process is { } process ? $"{process}" : "null",
                status.Part.Address,
                status.Process is null ? "false" : "true",
                hasZones ? status.Part.Zone ?? "" : ""))
            .Prepend(Line("name", "role", "pid", "address", "alive", hasZones ? "zone" : ""));
        foreach (var line in lines)
            await Console.Out.WriteLineAsync(line);
    }

    private static string Line(
        string name, string role, string process, string address, string isAlive, string zone) =>
        $"{name,-10} {role,-9} {process,8}  {address,-24} {isAlive,-5} {zone}".TrimEnd();
}
