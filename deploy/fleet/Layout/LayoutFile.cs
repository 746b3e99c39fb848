using System.Globalization;

namespace Terse.FleetTool;

/// <summary>
/// The text of the file <c>layout</c>. Its first line has the port, the numbers of servers and replicas, and
/// <c>observed</c> or <c>unobserved</c>. The first version of <c>./fleet</c> wrote only three of these
/// fields. Each further line begins with a word: <c>port NAME NUMBER</c>,
/// <c>program NAME PATH</c>, <c>zones NAME…</c>, <c>failover patroni</c> or
/// <c>failover patroni synchronous</c>.
/// </summary>
internal static class LayoutFile
{
    /// <summary>Returns null if there is no fleet in the folder.</summary>
    /// <exception cref="FleetException">The file is damaged.</exception>
    public static FleetLayout? Read(FleetFolder folder)
    {
        if (!File.Exists(folder.Layout))
            return null;
        return Parse(File.ReadAllText(folder.Layout)) ?? throw new FleetException(
            $"The file {folder.Layout} is damaged. It must have the port, the number of servers, the number "
            + "of replicas, and 'observed' or 'unobserved', such as: 8080 3 2 unobserved");
    }

    /// <summary>Replaces the file, so that it is never half written.</summary>
    public static void Write(FleetFolder folder, FleetLayout layout)
    {
        File.WriteAllText(folder.Layout + ".new", Format(layout));
        File.Move(folder.Layout + ".new", folder.Layout, overwrite: true);
    }

    /// <summary>Returns null if the text is damaged.</summary>
    public static FleetLayout? Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var layout = lines.Length == 0 ? null : ParseSize(lines[0]);
        foreach (var line in lines.Skip(1))
            layout = layout is null ? null : Add(layout, line.Split(' '));
        return layout;
    }

    public static string Format(FleetLayout layout)
    {
        var watch = layout.IsObserved ? "observed" : "unobserved";
        IEnumerable<string> lines =
        [
            $"{layout.Port} {layout.Servers} {layout.Replicas} {watch}",
            .. layout.Zones.IsEmpty ? [] : new[] { "zones " + string.Join(' ', layout.Zones) },
            .. layout.HasPatroni
                ? new[] { layout.IsSynchronous ? "failover patroni synchronous" : "failover patroni" }
                : [],
            .. layout.Ports.Select(port => $"port {port.Key} {port.Value}"),
            .. layout.Programs.Select(program => $"program {program.Key} {program.Value}"),
        ];
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private static FleetLayout? ParseSize(string line)
    {
        var fields = line.Split(' ');
        return fields is [var port, var servers, var replicas, ..]
            && ParsePort(port) is { } first
            && servers is [>= '1' and <= '9']
            && replicas is [>= '0' and <= '5']
            && fields[3..] is [] or ["observed" or "unobserved"]
                ? new(first, servers[0] - '0', replicas[0] - '0', fields[^1] is "observed")
                : null;
    }

    private static FleetLayout? Add(FleetLayout layout, string[] fields) => fields switch
    {
        ["failover", "patroni"] => layout with { HasPatroni = true },
        ["failover", "patroni", "synchronous"] => layout with { HasPatroni = true, IsSynchronous = true },
        ["zones", _, ..] => layout with { Zones = [.. fields[1..]] },
        ["port", var name, var text] when ParsePort(text) is { } port =>
            layout with { Ports = layout.Ports.SetItem(name, port) },
        ["program", var name, _, ..] =>
            layout with { Programs = layout.Programs.SetItem(name, string.Join(' ', fields[2..])) },
        _ => null,
    };

    private static int? ParsePort(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
}
