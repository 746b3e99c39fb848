using System.Globalization;

namespace Terse.FleetTool;

/// <summary>A layout in which every port is noted, and the ports that were passed over.</summary>
internal sealed record PortPlan(FleetLayout Layout, IReadOnlyList<PassedPort> Passed)
{
    /// <summary>
    /// Notes a port for each part. A port that another program uses, or another part of this fleet, is passed
    /// over.
    /// </summary>
    /// <param name="layout">The layout, with the ports that are noted already.</param>
    /// <param name="isUsable">
    /// Whether a part can use a port: the port is free, or the running part itself has it.
    /// </param>
    public static PortPlan Choose(FleetLayout layout, Func<string, int, bool> isUsable)
    {
        var names = layout.PortNames.ToList();
        var wanted = names.ToDictionary(name => name, layout.PortOf, StringComparer.Ordinal);
        var taken = new HashSet<int>();
        var passed = new List<PassedPort>();
        var ports = layout.Ports;
        // Parts with a noted port come first: no new part may take their ports.
        foreach (var name in names.OrderBy(name => layout.Ports.ContainsKey(name) ? 0 : 1))
        {
            var port = wanted[name];
            if (taken.Contains(port) || !isUsable(name, port))
            {
                var first = wanted.Values.Max() + 1;
                port = Enumerable.Range(first, 200)
                    .TakeWhile(other => other <= 65_535)
                    .FirstOrDefault(other => !taken.Contains(other) && isUsable(name, other));
                if (port == 0)
                    throw new FleetException($"No port after {first - 1} is free; choose another --port.");
                // A port of this fleet is no news: the usual ports of a larger fleet overlap.
                if (!taken.Contains(wanted[name]))
                    passed.Add(new(name, wanted[name], port));
            }

            taken.Add(port);
            ports = ports.SetItem(name, port);
        }

        return new(layout with { Ports = ports }, passed);
    }
}

/// <summary>A port that another program uses, and the port that the part has instead.</summary>
internal sealed record PassedPort(string Name, int Used, int Chosen)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"Port {Used}, for {Name}, is in use by another program; {Name} gets port {Chosen}.");
}
