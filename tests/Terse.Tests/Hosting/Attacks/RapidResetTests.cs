using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Terse.Harness;

namespace Terse.Tests.Hosting;

public sealed class RapidResetTests
{
    private const int Attackers = 4;
    private const int Requests = 5_000;

    [Fact]
    public async Task Streams_that_are_reset_at_once_leave_redirects_of_other_clients_working()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseServer.StartAsync(
            folder.Path, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = server.Http.BaseAddress,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        http.DefaultRequestHeaders.Add("X-Api-Key", AdminKey.Text);
        using var body = new StringContent(
            """{"target": "https://e.example/", "code": "a"}""", mediaType: new("application/json"));
        (await http.PostAsync(new Uri("/api/v1/links", UriKind.Relative), body)).Dispose();

        // Half of the attackers request a link, and half of them a code that needs the database.
        var attacks = Task.WhenAll(Enumerable.Range(0, Attackers).Select(number =>
            RapidReset.SendAsync(http.BaseAddress!, number % 2 == 0 ? "/a" : $"/none{number}", Requests)));
        var redirects = 0;
        do
        {
            using var response = await http.GetAsync(new Uri("/a", UriKind.Relative));
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
            redirects++;
        }
        while (!attacks.IsCompleted || redirects < 20);

        Assert.All(await attacks, sent => Assert.InRange(sent, 1, Requests));
    }
}
