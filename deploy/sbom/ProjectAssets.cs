using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Terse.SbomTool;

/// <summary>A package that the restore of a project has chosen.</summary>
/// <param name="Id">The name of the package.</param>
/// <param name="Version">The version that was chosen.</param>
/// <param name="Folder">The unpacked package, in the cache.</param>
/// <param name="IsShipped">Whether the program contains a part of it. Else it only helps to build.</param>
/// <param name="Dependencies">The names of the packages that this package needs.</param>
internal sealed record ChosenPackage(
    string Id, string Version, string Folder, bool IsShipped, IReadOnlyList<string> Dependencies);

/// <summary>
/// The packages in <c>project.assets.json</c>, in which the SDK notes the result of a restore. Also the packs
/// of the runtime, which the SDK downloads because the program contains the runtime.
/// </summary>
/// <param name="Packages">All packages, by name.</param>
/// <param name="Direct">The names of the packages that the project itself refers to.</param>
internal sealed record ProjectAssets(IReadOnlyList<ChosenPackage> Packages, IReadOnlyList<string> Direct)
{
    /// <summary>What a package contributes to a program. Other parts, such as analyzers, only build it.
    /// </summary>
    private static readonly string[] ShippedParts = ["runtime", "native", "resource", "runtimeTargets"];

    /// <summary>The names of the packs whose code is linked into the program.</summary>
    private static readonly string[] LinkedPacks =
        ["Microsoft.AspNetCore.App.Runtime.", "Microsoft.NETCore.App.Runtime.NativeAOT."];

    /// <exception cref="InvalidDataException">The file does not belong to a published program.</exception>
    public static async Task<ProjectAssets> ReadAsync(string file)
    {
        try
        {
            return Read(JsonNode.Parse(await File.ReadAllTextAsync(file))!);
        }
        catch (Exception exception) when (exception
            is JsonException or InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw new InvalidDataException($"{file} is not the project.assets.json of a program.", exception);
        }
    }

    private static ProjectAssets Read(JsonNode assets)
    {
        var cache = assets["packageFolders"]!.AsObject().First().Key;
        var framework = assets["project"]!["frameworks"]!.AsObject().Single().Value!;
        var target = assets["targets"]!.AsObject()
            .Single(target => target.Key.Contains('/', StringComparison.Ordinal)).Value!.AsObject();
        var libraries = target
            .Where(library => (string?)library.Value!["type"] == "package")
            .Select(library => LibraryOf(library.Key.Split('/'), library.Value!.AsObject(), cache));
        var packs = framework["downloadDependencies"]!.AsArray()
            .Select(pack => PackOf((string)pack!["name"]!, (string)pack["version"]!, cache));
        var packages = libraries.Concat(packs)
            .DistinctBy(package => package.Id, StringComparer.OrdinalIgnoreCase)
            .OrderBy(package => package.Id, StringComparer.OrdinalIgnoreCase)
            .ToList();
        var projects = target.Where(library => (string?)library.Value!["type"] == "project")
            .SelectMany(library => NamesIn(library.Value!["dependencies"]));
        var direct = NamesIn(framework["dependencies"])
            .Concat(projects)
            .Concat(packages.Where(package => IsLinkedPack(package.Id)).Select(package => package.Id))
            .Distinct(StringComparer.OrdinalIgnoreCase);
        return new(packages, [.. direct]);
    }

    private static ChosenPackage LibraryOf(string[] name, JsonObject library, string cache) => new(
        name[0],
        name[1],
        FolderOf(cache, name[0], name[1]),
        ShippedParts.Any(part => library.ContainsKey(part)),
        NamesIn(library["dependencies"]));

    /// <param name="id">The name of the pack.</param>
    /// <param name="range">One version, such as <c>[10.0.1, 10.0.1]</c>.</param>
    /// <param name="cache">The folder of all packages.</param>
    private static ChosenPackage PackOf(string id, string range, string cache)
    {
        var version = range.Trim('[', ']').Split(',')[0];
        return new(id, version, FolderOf(cache, id, version), IsLinkedPack(id), []);
    }

    private static bool IsLinkedPack(string id) =>
        LinkedPacks.Any(pack => id.StartsWith(pack, StringComparison.Ordinal));

    /// <summary>The cache names folders in lower case.</summary>
    private static string FolderOf(string cache, string id, string version) =>
        Path.Combine(
            cache,
            id.ToLower(CultureInfo.InvariantCulture),
            version.ToLower(CultureInfo.InvariantCulture));

    private static IReadOnlyList<string> NamesIn(JsonNode? dependencies) =>
        dependencies is null ? [] : [.. dependencies.AsObject().Select(dependency => dependency.Key)];
}
