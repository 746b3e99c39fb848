using System.Text.Json;
using Terse.Harness;
using Terse.SbomTool;

namespace Terse.DeployTests;

public sealed class BillOfMaterialsTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    [Fact]
    public async Task Every_package_of_the_published_program_is_listed_with_version_and_license()
    {
        using var list = await ListPublishedAsync();
        var components = list.RootElement.GetProperty("components").EnumerateArray().ToList();
        var listed = components.ToDictionary(Name, component => component.GetProperty("version").GetString());

        Assert.All(await ReadLockedAsync(), locked => Assert.Equal(locked.Version, listed[locked.Id]));
        Assert.Contains("Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64", listed.Keys);
        Assert.Contains("Microsoft.AspNetCore.App.Runtime.linux-x64", listed.Keys);
        Assert.All(components, component =>
        {
            Assert.Equal(128, component.GetProperty("hashes")[0].GetProperty("content").GetString()!.Length);
            Assert.NotEmpty(component.GetProperty("publisher").GetString()!);
            var license = component.GetProperty("licenses")[0];
            Assert.True(
                license.TryGetProperty("license", out _) || license.TryGetProperty("expression", out _));
        });
        Assert.Equal("2023-11-14T22:13:20Z", list.RootElement.GetProperty("metadata")
            .GetProperty("timestamp").GetString());
    }

    [Fact]
    public async Task Packages_that_only_build_the_program_are_marked_as_excluded()
    {
        using var list = await ListPublishedAsync();
        var scopes = list.RootElement.GetProperty("components").EnumerateArray()
            .ToDictionary(Name, component => component.GetProperty("scope").GetString());

        Assert.Equal("excluded", scopes["Meziantou.Analyzer"]);
        Assert.Equal("excluded", scopes["Microsoft.DotNet.ILCompiler"]);
        Assert.Equal("required", scopes["Npgsql"]);
        Assert.Equal("required", scopes["SQLite"]);
    }

    [Fact]
    public async Task Every_dependency_is_in_the_list()
    {
        using var list = await ListPublishedAsync();
        var references = list.RootElement.GetProperty("components").EnumerateArray()
            .Select(component => component.GetProperty("bom-ref").GetString())
            .Append("terse")
            .ToHashSet();
        var dependencies = list.RootElement.GetProperty("dependencies").EnumerateArray().ToList();

        Assert.Equal(references, dependencies.Select(one => one.GetProperty("ref").GetString()).ToHashSet());
        Assert.All(
            dependencies.SelectMany(one => one.GetProperty("dependsOn").EnumerateArray()),
            reference => Assert.Contains(reference.GetString(), references));
        Assert.NotEmpty(dependencies[0].GetProperty("dependsOn").EnumerateArray());
    }

    [Fact]
    public void A_package_without_a_license_is_an_error()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(
            folder["a.nuspec"], "<package><metadata><authors>A</authors></metadata></package>");
        File.WriteAllText(folder["a.1.0.0.nupkg.sha512"], Convert.ToBase64String(new byte[64]));
        var assets = new ProjectAssets([new("A", "1.0.0", folder.Path, true, [])], ["A"]);

        var error = Assert.Throws<InvalidDataException>(() => BillOfMaterials.Create(assets, "1.2.0", Time));
        Assert.Contains("names no license", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_no_publish_has_written_is_an_error()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["assets.json"], "{}");
        await Assert.ThrowsAsync<InvalidDataException>(() => ProjectAssets.ReadAsync(folder["assets.json"]));
    }

    private static async Task<JsonDocument> ListPublishedAsync()
    {
        var assets = await ProjectAssets.ReadAsync(Path.Combine(
            Repository.Root, "artifacts/obj/Terse/release_linux-x64/project.assets.json"));
        return JsonDocument.Parse(BillOfMaterials.Create(assets, "1.2.0", Time));
    }

    private static async Task<IReadOnlyList<(string Id, string Version)>> ReadLockedAsync()
    {
        using var locked = JsonDocument.Parse(await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "src/Terse/packages.publish.x64.lock.json")));
        return
        [
            .. locked.RootElement.GetProperty("dependencies").EnumerateObject()
                .SelectMany(framework => framework.Value.EnumerateObject())
                .Where(package => package.Value.GetProperty("type").GetString() != "Project")
                .Select(package => (package.Name, package.Value.GetProperty("resolved").GetString()!)),
        ];
    }

    private static string Name(JsonElement component) => component.GetProperty("name").GetString()!;
}
