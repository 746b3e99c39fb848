using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>A server whose shared configuration is a ConfigMap that Kubernetes mounts.</summary>
public sealed class MountedDocumentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_uses_each_update_of_a_mounted_config_map()
    {
        Directory.CreateDirectory(_folder["etc"]);
        var mounted = new MountedConfigMap(_folder["etc"], "terse.json");
        mounted.Update(DocumentWith("private, max-age=1"));
        await using var server = await TerseProcess.ServeAsync(
            _folder["data"], "--Config:Source", mounted.Path, "--Config:Interval", "00:00:01");
        var code = await RetryingClient.CreateAsync(server, "https://example.com/");
        Assert.Equal("private, max-age=1", await CacheControlAsync(server, code));

        foreach (var value in (string[])["private, max-age=2", "private, max-age=3"])
        {
            mounted.Update(DocumentWith(value));
            await Eventually.IsTrueAsync(async () => await CacheControlAsync(server, code) == value);
        }

        mounted.Update("""{ "Redirects": { """);
        await Eventually.IsTrueAsync(() => Task.FromResult(server.CountLogged("is wrong") == 1));
        Assert.Equal("private, max-age=3", await CacheControlAsync(server, code));

        mounted.Update(DocumentWith("private, max-age=4"));
        await Eventually.IsTrueAsync(async () =>
            await CacheControlAsync(server, code) == "private, max-age=4");
        Assert.Equal(0, server.CountLogged("cannot be read"));
    }

    private static string DocumentWith(string cacheControl) =>
        $$"""{ "Redirects": { "CacheControl": "{{cacheControl}}" } }""";

    private static async Task<string> CacheControlAsync(TerseProcess server, string code)
    {
        using var response = await server.Http.GetAsync(new Uri($"/{code}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        return response.Headers.NonValidated["Cache-Control"].ToString();
    }
}
