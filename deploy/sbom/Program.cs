using System.Globalization;

namespace Terse.SbomTool;

/// <summary>
/// Writes a list of everything that the native program is made of, in the format CycloneDX. The script
/// <c>deploy/release</c> runs this tool after <c>dotnet publish</c>.
/// </summary>
internal static class Program
{
    private const string Usage =
        "usage: Terse.SbomTool ASSETS VERSION SECONDS SBOM\n"
        + "  ASSETS   project.assets.json, which the publish keeps with its intermediate files\n"
        + "  VERSION  the version of the program\n"
        + "  SECONDS  the time of the list, in seconds since 1970\n"
        + "  SBOM     the file to write";

    public static async Task<int> Main(string[] args)
    {
        if (args is not [var assetsFile, var version, var seconds, var sbom]
            || !long.TryParse(seconds, CultureInfo.InvariantCulture, out var time))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        try
        {
            var assets = await ProjectAssets.ReadAsync(assetsFile);
            var document = BillOfMaterials.Create(
                assets, version, DateTimeOffset.FromUnixTimeSeconds(time));
            await File.WriteAllTextAsync(sbom, document);
            return 0;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"Terse.SbomTool: {exception.Message}");
            return 1;
        }
    }
}
