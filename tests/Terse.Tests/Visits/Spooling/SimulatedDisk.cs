using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>
/// Simulates the disk of a machine that can lose power. Writes, new files and deletions survive a power loss
/// only after <see cref="Sync"/>. Without it, each of them survives or not, independently of the others.
/// </summary>
/// <param name="random">Decides what survives.</param>
/// <param name="forgetsBatches">
/// Whether the disk ignores <see cref="Sync"/> for batch files, as if the server did not call the method. The
/// simulation must then find visits that count twice.
/// </param>
internal sealed class SimulatedDisk(Random random, bool forgetsBatches) : IVisitDisk
{
    private const string Ring = "visits.ring";
    private const int PageBytes = 4096;

    /// <summary>The content of each batch file at its last sync. The key is the name of the file.</summary>
    private readonly Dictionary<string, byte[]> _synced = new(StringComparer.Ordinal);

    /// <summary>
    /// Contents that the ring buffer had since its creation. A page can survive from any of them.
    /// </summary>
    private readonly List<byte[]> _rings = [];

    /// <summary>The names of the batch files at the last sync of the folder.</summary>
    private HashSet<string> _names = new(StringComparer.Ordinal);

    private bool _isRingNew;

    public void Sync(string path)
    {
        if (Directory.Exists(path))
        {
            _names = [.. BatchFiles(path).Select(Path.GetFileName).OfType<string>()];
            if (_isRingNew)
                _rings.Clear();
            _isRingNew = false;
            KeepRing(path);
        }
        else if (path.EndsWith(Ring + ".new", StringComparison.Ordinal))
        {
            _isRingNew = true;
        }
        else if (path.EndsWith(SpoolFileName.Extension, StringComparison.Ordinal) && !forgetsBatches)
        {
            _synced[Path.GetFileName(path)] = Read(path);
        }
    }

    /// <summary>
    /// Keeps the present content of the ring buffer, which can come back after a power loss.
    /// </summary>
    public void KeepRing(string folder) => _rings.Add(Read(Path.Combine(folder, Ring)));

    /// <summary>Copies to a new folder what survives a power loss.</summary>
    public void LosePower(string from, string to)
    {
        KeepRing(from);
        File.WriteAllBytes(Path.Combine(to, Ring), MixPages());
        var current = BatchFiles(from)
            .ToDictionary(path => Path.GetFileName(path), Read, StringComparer.Ordinal);
        foreach (var name in current.Keys.Union(_names).Order(StringComparer.Ordinal).ToList())
        {
            var isCertain = current.ContainsKey(name) && _names.Contains(name);
            if (isCertain || random.Next(2) == 0)
                File.WriteAllBytes(Path.Combine(to, name), Survivor(name, current.GetValueOrDefault(name)));
        }

        _synced.Clear();
        foreach (var path in BatchFiles(to))
            _synced[Path.GetFileName(path)] = Read(path);
    }

    private byte[] MixPages()
    {
        var mixed = new byte[_rings[0].Length];
        for (var at = 0; at < mixed.Length; at += PageBytes)
        {
            var page = _rings[random.Next(_rings.Count)].AsSpan(at, Math.Min(PageBytes, mixed.Length - at));
            page.CopyTo(mixed.AsSpan(at));
        }

        return mixed;
    }

    /// <summary>
    /// Returns the content of a batch file after a power loss. The synchronized part is complete, and the
    /// rest can be cut off or zero. The number of the last acknowledged batch can be an older one.
    /// </summary>
    private byte[] Survivor(string name, byte[]? current)
    {
        var synced = _synced.GetValueOrDefault(name, []);
        if (current is null)
            return synced;
        var content = current[..random.Next(synced.Length, current.Length + 1)];
        if (random.Next(3) == 0)
            content.AsSpan(random.Next(synced.Length, content.Length + 1)).Clear();
        if (synced.Length >= SpoolHeader.Bytes && random.Next(2) == 0)
            synced.AsSpan(..SpoolHeader.Bytes).CopyTo(content);
        return content;
    }

    private static string[] BatchFiles(string folder) =>
        Directory.GetFiles(folder, "*" + SpoolFileName.Extension);

    private static byte[] Read(string path)
    {
        using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
