using System.Collections.Immutable;

namespace Terse.Tidy;

/// <summary>
/// The files in the working tree of the repository: the files that git tracks, and new files that git does
/// not ignore.
/// </summary>
internal static class Tree
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);
    private static readonly Lazy<ImmutableSortedSet<string>> LazyPaths = new(ListPaths);
    private static readonly Lazy<ImmutableArray<SourceFile>> LazyFiles = new(ReadFiles);

    internal static string Root => LazyRoot.Value;

    /// <summary>
    /// The paths of all files and folders, relative to the root of the repository, with forward slashes.
    /// </summary>
    internal static ImmutableSortedSet<string> Paths => LazyPaths.Value;

    /// <summary>The text files of the repository, without binary files.</summary>
    internal static ImmutableArray<SourceFile> Files => LazyFiles.Value;

    internal static IEnumerable<SourceFile> CSharp => Files.Where(file => file.IsCSharp);

    internal static IEnumerable<SourceFile> Markdown => Files.Where(file => file.Has(".md"));

    internal static IEnumerable<SourceFile> CSharpUnder(string folder) =>
        CSharp.Where(file => file.IsUnder(folder));

    private static string FindRoot() =>
        FindUpwards("Terse.slnx")
        ?? FindUpwards("Directory.Packages.props")
        ?? throw new InvalidOperationException($"No Terse.slnx in or above {AppContext.BaseDirectory}.");

    private static string? FindUpwards(string marker)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, marker)))
            folder = folder.Parent;
        return folder?.FullName;
    }

    private static ImmutableSortedSet<string> ListPaths()
    {
        var (exitCode, output) = Tool.Run(
            "git", ["-C", Root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        if (exitCode != 0)
            throw new InvalidOperationException($"git ls-files failed in {Root} with exit code {exitCode}.");

        // Git still lists a deleted file until the deletion is staged, so files that do not exist are
        // skipped.
        var files = output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Where(path => File.Exists(FullPath(path)));
        return WithFolders(files);
    }

    /// <summary>Returns the files and all folders that contain them.</summary>
    internal static ImmutableSortedSet<string> WithFolders(IEnumerable<string> files) =>
        files.SelectMany(file => Ancestors(file).Prepend(file)).ToImmutableSortedSet(StringComparer.Ordinal);

    private static IEnumerable<string> Ancestors(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            yield return path[..slash];
    }

    private static ImmutableArray<SourceFile> ReadFiles() =>
        [.. Paths.AsParallel().AsOrdered()
            .Where(path => File.Exists(FullPath(path)))
            .Select(path => SourceFile.Read(path, FullPath(path)))
            .OfType<SourceFile>()];

    internal static string FullPath(string path) => Path.Combine(Root, path);
}
