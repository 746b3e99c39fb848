using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Terse.SbomTool;

/// <summary>What a package says of itself, in its <c>.nuspec</c> file.</summary>
/// <param name="Authors">Who made the package.</param>
/// <param name="License">An expression of SPDX, such as <c>MIT</c>; null if there is none.</param>
/// <param name="LicenseText">The text of the license, if there is no expression.</param>
/// <param name="LicenseUrl">Where the license is, if the package does not contain it.</param>
/// <param name="Hash">The SHA-512 of the package, in hexadecimal digits.</param>
internal sealed record PackageDescription(
    string Authors, string? License, string? LicenseText, string? LicenseUrl, string Hash)
{
    /// <exception cref="InvalidDataException">The package is not in the cache, or has no license.
    /// </exception>
    public static PackageDescription Read(ChosenPackage package)
    {
        var name = package.Id.ToLower(CultureInfo.InvariantCulture);
        var version = package.Version.ToLower(CultureInfo.InvariantCulture);
        var specification = Path.Combine(package.Folder, $"{name}.nuspec");
        try
        {
            var metadata = XDocument.Load(specification).Root!.Elements().Single();
            var license = Find(metadata, "license");
            var isExpression = (string?)license?.Attribute("type") == "expression";
            var file = license is null || isExpression ? null : license.Value.Replace('\\', '/');
            var hash = File.ReadAllText(Path.Combine(package.Folder, $"{name}.{version}.nupkg.sha512"));
            var description = new PackageDescription(
                Find(metadata, "authors")!.Value,
                isExpression ? license!.Value : null,
                file is null ? null : File.ReadAllText(Path.Combine(package.Folder, file)),
                Find(metadata, "licenseUrl")?.Value,
                Convert.ToHexStringLower(Convert.FromBase64String(hash)));
            return description is { License: null, LicenseText: null, LicenseUrl: null }
                ? throw new InvalidDataException($"{specification} names no license.")
                : description;
        }
        catch (Exception exception) when (exception is XmlException or FormatException)
        {
            throw new InvalidDataException($"{specification} cannot be read.", exception);
        }
    }

    private static XElement? Find(XElement metadata, string name) =>
        metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name);
}
