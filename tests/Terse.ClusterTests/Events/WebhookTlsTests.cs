using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Webhooks whose receivers use TLS, sent by the published program.</summary>
public sealed class WebhookTlsTests
{
    [Theory]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http2, "HTTP/2")]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    public async Task Events_are_sent_with_the_newest_HTTP_that_the_receiver_offers(
        HttpProtocols offered, string expected)
    {
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path);
        string? protocol = null;
        await using var receiver = await WebhookReceiver.StartAsync(
            (_, context) =>
            {
                protocol = context.Request.Protocol;
                return Task.FromResult(StatusCodes.Status204NoContent);
            },
            certificates,
            offered);
        await using var server = await StartAsync(folder["data"], certificates.Authority);
        await receiver.SubscribeAsync(server.Http, "link");

        Assert.NotNull(await server.CreateCodeAsync("https://example.com/"));
        await Eventually.IsTrueAsync(() => Task.FromResult(receiver.Accepted.Count == 1));
        Assert.Equal(expected, protocol);
    }

    [Fact]
    public async Task A_receiver_whose_certificate_is_not_trusted_gets_nothing()
    {
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path);
        await using var receiver = await WebhookReceiver.StartAsync(
            answer: null, certificates, HttpProtocols.Http1AndHttp2);
        await using var server = await StartAsync(folder["data"], certificates.OtherAuthority);
        var webhook = await receiver.SubscribeAsync(server.Http, "link");

        Assert.NotNull(await server.CreateCodeAsync("https://example.com/"));
        var path = new Uri($"/api/v1/webhooks/{webhook}/deliveries", UriKind.Relative);
        await Eventually.IsTrueAsync(async () =>
            (await server.Http.GetStringAsync(path)).Contains("certificate", StringComparison.Ordinal));
        Assert.Equal(0, receiver.Requests);
    }

    private static Task<TerseProcess> StartAsync(string data, string authority) => TerseProcess.StartAsync(
        Repository.Program,
        [
            "serve",
            "--urls", "http://127.0.0.1:0",
            "--data", data,
            "--Drain:Delay", "00:00:00",
            "--Webhooks:AllowedNetworks:0", "127.0.0.0/8",
        ],
        folder: null,
        ("SSL_CERT_FILE", authority));
}
