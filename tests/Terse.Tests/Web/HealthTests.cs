using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Terse.Harness;

namespace Terse.Tests.Web;

public sealed class HealthTests
{
    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/readyz/creations")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/health/ready?for=redirects")]
    [InlineData("/health/ready?for=creations")]
    public async Task A_healthy_server_answers_ok_with_no_store(string path)
    {
        await using var server = await TerseServer.StartAsync();
        await WaitUntilCreatingAsync(server);
        using var answer = await server.GetAsync(path);
        using var head = await server.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Head, new Uri(path, UriKind.Relative)));

        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.Equal((HttpStatusCode.OK, 2), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal("", await head.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_server_that_shuts_down_is_live_and_not_ready()
    {
        await using var server = await TerseServer.StartAsync();
        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        await AssertNotReadyAsync(server, "shutting down");
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "/livez"));
    }

    [Fact]
    public async Task A_server_whose_database_file_is_deleted_is_live_and_not_ready()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseServer.StartAsync(folder.Path);
        await Eventually.IsTrueAsync(async () => await StatusOfAsync(server, "/readyz") == HttpStatusCode.OK);
        File.Delete(folder["terse.db"]);

        await AssertNotReadyAsync(server, "file is missing");
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "/livez"));
    }

    [Fact]
    public async Task A_server_without_a_node_is_ready_for_redirects_and_later_for_creations()
    {
        using var folder = new TemporaryFolder();
        var holder = await TerseServer.StartAsync(folder.Path, ("Ids:NodeBits", "0"));
        var code = await holder.CreateCodeAsync("https://example.com/");
        await using var server = await TerseServer.StartAsync(
            folder.Path, ("Ids:NodeBits", "0"), ("Visits:Folder", folder["visits-2"]));
        await Eventually.IsTrueAsync(async () =>
        {
            using var answer = await server.GetAsync("/readyz/creations");
            var text = await answer.Content.ReadAsStringAsync();
            return text.Contains("All nodes are reserved", StringComparison.Ordinal);
        });

        await AssertNotReadyAsync(server, "Ids:NodeBits", "/readyz/creations");
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "/readyz"));
        Assert.Equal(HttpStatusCode.Found, await StatusOfAsync(server, "/" + code));
        using var refused = await server.CreateAsync("https://example.com/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        await holder.DisposeAsync();
        await WaitUntilCreatingAsync(server);
        await server.CreateCodeAsync("https://example.com/");
    }

    [Theory]
    [InlineData("192.0.2.0/24", null, false)]
    [InlineData("127.0.0.0/8", null, true)]
    [InlineData("127.0.0.0/8", "X-Forwarded-For", false)]
    public async Task Only_clients_in_the_configured_networks_see_why_a_server_is_not_ready(
        string network, string? header, bool isShown)
    {
        await using var server = await TerseServer.StartAsync(("Web:DetailsFor:0", network));
        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/readyz", UriKind.Relative));
        if (header is not null)
            request.Headers.Add(header, "203.0.113.9");
        using var answer = await server.Http.SendAsync(request);
        var problem = await ProblemAssert.AssertProblemAsync(
            answer, HttpStatusCode.ServiceUnavailable, "not-ready", null);

        Assert.Equal(isShown, problem.GetProperty("detail").GetString()!.Contains("shutting down"));
    }

    private static async Task<HttpStatusCode> StatusOfAsync(TerseServer server, string path)
    {
        using var answer = await server.GetAsync(path);
        return answer.StatusCode;
    }

    private static Task WaitUntilCreatingAsync(TerseServer server) => Eventually.IsTrueAsync(async () =>
        await StatusOfAsync(server, "/readyz/creations") == HttpStatusCode.OK);

    private static async Task AssertNotReadyAsync(TerseServer server, string reason, string path = "/readyz")
    {
        using var answer = await server.GetAsync(path);
        var problem = await ProblemAssert.AssertProblemAsync(
            answer, HttpStatusCode.ServiceUnavailable, "not-ready", null);
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
    }
}
