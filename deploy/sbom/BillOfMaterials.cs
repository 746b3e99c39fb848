using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Terse.SbomTool;

/// <summary>
/// Writes a document of CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/). The same packages give the same
/// bytes, so the document has no serial number.
/// </summary>
internal static class BillOfMaterials
{
    private const string Root = "terse";

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Create(ProjectAssets assets, string version, DateTimeOffset time)
    {
        var references = assets.Packages.ToDictionary(
            package => package.Id, ReferenceOf, StringComparer.OrdinalIgnoreCase);
        var document = new JsonObject
        {
            ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json",
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["timestamp"] = time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["component"] = new JsonObject
                {
                    ["type"] = "application",
                    ["bom-ref"] = Root,
                    ["name"] = Root,
                    ["version"] = version,
                    ["licenses"] = LicenseOf("MIT"),
                },
            },
            ["components"] = new JsonArray([.. assets.Packages.Select(ComponentOf)]),
            ["dependencies"] = new JsonArray(
            [
                DependencyOf(Root, assets.Direct, references),
                .. assets.Packages.Select(package => DependencyOf(
                    references[package.Id], package.Dependencies, references)),
            ]),
        };
        return document.ToJsonString(Format) + "\n";
    }

    private static JsonObject ComponentOf(ChosenPackage package)
    {
        var description = PackageDescription.Read(package);
        return new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = ReferenceOf(package),
            ["publisher"] = description.Authors,
            ["name"] = package.Id,
            ["version"] = package.Version,
            ["scope"] = package.IsShipped ? "required" : "excluded",
            ["hashes"] = new JsonArray(
                new JsonObject { ["alg"] = "SHA-512", ["content"] = description.Hash }),
            ["licenses"] = LicensesOf(package, description),
            ["purl"] = ReferenceOf(package),
        };
    }

    private static JsonArray LicensesOf(ChosenPackage package, PackageDescription description)
    {
        if (description.License is { } expression)
            return LicenseOf(expression);
        var license = new JsonObject { ["name"] = $"License of {package.Id}" };
        if (description.LicenseText is { } text)
            license["text"] = new JsonObject { ["contentType"] = "text/plain", ["content"] = text };
        else
            license["url"] = description.LicenseUrl;
        return new(new JsonObject { ["license"] = license });
    }

    /// <summary>One license has an id; several are an expression with AND or OR.</summary>
    private static JsonArray LicenseOf(string expression) =>
        new(expression.Contains(' ', StringComparison.Ordinal)
            ? new JsonObject { ["expression"] = expression }
            : new JsonObject { ["license"] = new JsonObject { ["id"] = expression } });

    /// <summary>Names that are not in the list belong to packages that the framework replaces.</summary>
    private static JsonObject DependencyOf(
        string reference, IEnumerable<string> names, Dictionary<string, string> references)
    {
        var needed = names
            .Where(references.ContainsKey)
            .Select(name => references[name])
            .Order(StringComparer.Ordinal)
            .Select(name => JsonValue.Create(name));
        return new JsonObject { ["ref"] = reference, ["dependsOn"] = new JsonArray([.. needed]) };
    }

    private static string ReferenceOf(ChosenPackage package) =>
        $"pkg:nuget/{package.Id}@{package.Version}";
}
