using System.Runtime.InteropServices;

namespace Terse.Harness;

/// <summary>
/// A folder as the kubelet of Kubernetes mounts a ConfigMap: each file is a symbolic link through the link
/// <c>..data</c> to a folder with a name of its own. An update writes a new folder, replaces <c>..data</c> by
/// a rename, and deletes the old folder
/// (https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go).
/// </summary>
internal sealed partial class MountedConfigMap(string folder, string file)
{
    private const string Data = "..data";

    private string? _current;
    private int _updates;

    /// <summary>The path that a program is given.</summary>
    public string Path => System.IO.Path.Combine(folder, file);

    /// <summary>Mounts the first text, or replaces it. Not safe for use by several threads.</summary>
    public void Update(string text)
    {
        var next = $"..2026_11_28_12_00_00.{++_updates}";
        Directory.CreateDirectory(At(next));
        File.WriteAllText(At($"{next}/{file}"), text);
        File.CreateSymbolicLink(At("..data_tmp"), next);
        // File.Move cannot replace a link that leads to a folder.
        if (Rename(At("..data_tmp"), At(Data)) != 0)
            throw new IOException($"{At(Data)} was not replaced.");
        if (_current is null)
            File.CreateSymbolicLink(Path, $"{Data}/{file}");
        else
            Directory.Delete(At(_current), recursive: true);
        _current = next;
    }

    private string At(string name) => System.IO.Path.Combine(folder, name);

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(string from, string to);
}
