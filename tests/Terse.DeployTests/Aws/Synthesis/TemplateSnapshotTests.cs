using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>
/// Compares the templates with the committed ones, so that each change of the infrastructure is seen. With
/// the variable TERSE_UPDATE_TEMPLATES=1, the test writes them.
/// </summary>
[Collection(Templates.Collection)]
public sealed partial class TemplateSnapshotTests
{
    private static readonly string Folder =
        Path.Combine(Repository.Root, "tests/Terse.DeployTests/Aws/Snapshots");

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Theory]
    [ClassData(typeof(SizeData))]
    public async Task The_templates_are_the_committed_ones(string size)
    {
        var folder = Path.Combine(Folder, size);
        Directory.CreateDirectory(folder);
        var stacks = SizeData.Templates(size).Stacks;
        Assert.Equal(
            ["Configuration", "Database", "Image", "Network", "Service", "Watch"], stacks.Keys.Order());
        foreach (var (name, template) in stacks)
        {
            var file = Path.Combine(folder, name + ".json");
            var text = Normalize(template.ToJsonString(Format)) + "\n";
            if (TestVariable.Read("TERSE_UPDATE_TEMPLATES", defaultValue: 0) == 1)
                await File.WriteAllTextAsync(file, text);
            Assert.Equal(await File.ReadAllTextAsync(file), text);
        }
    }

    /// <summary>
    /// Leaves out what changes with each file of the image: hashes, and the version from them.
    /// </summary>
    private static string Normalize(string template) =>
        Version.Replace(Hash.Replace(template, "HASH"), "\"1.0.N\"");

    [GeneratedRegex("[0-9a-f]{64}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hash { get; }

    [GeneratedRegex("\"1\\.0\\.[0-9]+\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Version { get; }
}
