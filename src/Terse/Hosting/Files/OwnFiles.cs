using Microsoft.Win32.SafeHandles;

namespace Terse.Hosting;

/// <summary>
/// Creates files and folders that only the user of this process can read, whatever the umask is. What exists
/// keeps its mode: an operator may have opened it for a backup. On Windows, the folder above decides.
/// </summary>
internal static class OwnFiles
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <exception cref="IOException">The folder cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not create the folder.</exception>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, FileMode | UnixFileMode.UserExecute);
    }

    /// <summary>Creates an empty file, unless the file exists.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not create the file.</exception>
    public static void CreateFile(string path)
    {
        if (File.Exists(path))
            return;
        var options = new FileStreamOptions
        {
            Mode = System.IO.FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = FileMode;
        new FileStream(path, options).Dispose();
    }

    /// <summary>Removes the access of other users to an open file.</summary>
    public static void CloseToOthers(SafeFileHandle file)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, FileMode);
    }

    /// <summary>Whether users other than the owner can read or change an open file.</summary>
    public static bool AreOpenToOthers(SafeFileHandle file) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != UnixFileMode.None;
}
