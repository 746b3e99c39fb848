using System.Text;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class ConfigStarterTests : IDisposable
{
    private const string Good = """{ "Cache": { "MaxAge": "00:30:00" } }""";
    private const string Newer = """{ "Cache": { "MaxAge": "00:40:00" } }""";

    private readonly TemporaryFolder _folder = new();
    private readonly ConfigHome _home;

    public ConfigStarterTests() => _home = new(
        new(new FileObjects(_folder.Path, TimeProvider.System), "terse.json"), new(_folder["data"]));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_starts_with_the_document_of_the_source()
    {
        Write(Newer);
        Keep(Good);

        var start = await StartAsync();

        Assert.Equal(Newer, start.Document.Text);
        Assert.Null(start.Problem);
    }

    [Theory]
    [InlineData(null, "does not exist")]
    [InlineData("", "is empty")]
    [InlineData("""{ "Cache": { "MaxA""", "cannot be parsed")]
    [InlineData("""{ "Cache": { "MaxAge": "wrong" } }""", "wrong settings")]
    public async Task A_server_starts_with_its_copy_and_says_why(string? text, string reason)
    {
        Write(text);
        Keep(Good);

        var start = await StartAsync();

        Assert.Equal(Good, start.Document.Text);
        Assert.Contains(reason, start.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("{", null)]
    [InlineData(null, "{")]
    [InlineData("""{ "Cache": { "MaxAge": "wrong" } }""", "")]
    public async Task A_server_without_a_good_document_does_not_start(string? text, string? copy)
    {
        Write(text);
        if (copy is not null)
        {
            Directory.CreateDirectory(_folder["data"]);
            await File.WriteAllTextAsync(_home.Copy.Path, copy);
        }

        var exception = await Assert.ThrowsAsync<StartupException>(StartAsync);

        Assert.Contains("terse.json", exception.Message, StringComparison.Ordinal);
        Assert.Contains(_home.Copy.Path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_in_the_settings_of_the_server_itself_is_named_once()
    {
        Write(Newer);
        Keep(Good);

        var exception = await Assert.ThrowsAsync<StartupException>(() => new ConfigStarter(_home)
            .BuildAsync<string>(_ => throw new StartupException("Server:Zone is wrong."), default));

        Assert.Equal("Server:Zone is wrong.", exception.Message);
    }

    private Task<ConfigStart> StartAsync() => new ConfigStarter(_home).BuildAsync(
        start => start.Document.Settings["Cache:MaxAge"] == "wrong"
            ? throw new StartupException("wrong settings")
            : start,
        CancellationToken.None);

    private void Write(string? text)
    {
        if (text is not null)
            File.WriteAllText(_folder["terse.json"], text);
    }

    private void Keep(string text) => _home.Copy.Write(ConfigDocument.Parse(Encoding.UTF8.GetBytes(text)));
}
