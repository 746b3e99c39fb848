using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class PublishTests
{
    [Fact]
    public async Task The_published_program_is_one_file_that_creates_a_link_and_follows_it()
    {
        using var folder = new TemporaryFolder();
        var project = Path.Combine(Repository.Root, "src", "Terse");
        var publish = await Command.RunAsync(
            "dotnet", ["publish", project, "-c", "Release", "-o", folder["program"], "-nologo"]);
        Assert.True(publish.ExitCode == 0, publish.Output);
        Assert.DoesNotContain("warning", publish.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(["terse"], Directory.GetFiles(folder["program"]).Select(Path.GetFileName));

        await using var server = await TerseProcess.StartAsync(
            folder["program/terse"], ["serve", "--urls", "http://127.0.0.1:0", "--data", folder["links"]]);
        var code = await server.CreateCodeAsync("https://example.com/published");

        Assert.Equal("https://example.com/published", await server.FollowAsync(code!));
        await using (var figures = await ProcessFigures.OfAsync(server))
            await figures.WaitForAsync("terse.redirects followed", 1);
        Assert.Equal(0, await server.StopAsync());
    }
}
