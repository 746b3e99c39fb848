using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Terse.Events;
using Terse.Harness;

namespace Terse.Tests.Events;

/// <summary>Sends to real web servers on 127.0.0.1.</summary>
public sealed class WebhookClientTests
{
    private static readonly StoredEvent Sent = SampleEvents.Event(1);

    private readonly FakeTimeProvider _time = new(new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_request_has_the_event_and_signatures_that_verify()
    {
        await using var receiver = await Receiver.StartAsync(200);
        using var client = NewClient();
        var webhook = SampleEvents.Webhook(receiver.Url) with
        {
            Secrets =
            [
                new(SampleEvents.Secret, null),
                new("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", _time.GetUtcNow().AddSeconds(1)),
                new("whsec_BBECAwQFBgcICQoLDA0ODxAREhMUFRYX", _time.GetUtcNow()),
            ],
        };

        var response = await client.SendAsync(webhook, Sent, default);

        Assert.Equal((AttemptResult.Delivered, 200), (response.Result, response.Attempt.Status));
        var request = Assert.Single(receiver.Requests);
        Assert.Equal("POST", request.Method);
        Assert.Equal(CloudEvent.Write(Sent, "urn:test"), request.Body);
        Assert.Equal("application/cloudevents+json; charset=utf-8", request.Headers["Content-Type"]);
        Assert.Equal(Sent.Position.ToString(), request.Headers["webhook-id"]);
        var timestamp = long.Parse(request.Headers["webhook-timestamp"], CultureInfo.InvariantCulture);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds(), timestamp);
        var valid = webhook.Secrets.Take(2).Select(secret => secret.Value);
        Assert.Equal(
            WebhookSignature.Sign(valid, Sent.Position.ToString(), timestamp, request.Body),
            request.Headers["webhook-signature"]);
        Assert.DoesNotContain("traceparent", request.Headers.Keys);
    }

    [Theory]
    [InlineData(204, "Delivered")]
    [InlineData(299, "Delivered")]
    [InlineData(302, "Failed")]
    [InlineData(404, "Failed")]
    [InlineData(410, "Gone")]
    [InlineData(500, "Failed")]
    public async Task The_status_decides(int status, string result)
    {
        await using var receiver = await Receiver.StartAsync(status);
        var response = await SendAsync(receiver.Url);
        Assert.Equal((result, status), (response.Result.ToString(), response.Attempt.Status));
        Assert.Null(response.RetryAfter);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("Fri, 01 May 2026 12:01:30 GMT", 90)]
    [InlineData("soon", null)]
    public async Task A_receiver_may_say_when_it_wants_the_next_request(string header, int? seconds)
    {
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = header;
            return Task.CompletedTask;
        });
        var response = await SendAsync(receiver.Url);
        Assert.Equal(seconds, response.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = await Receiver.StartAsync(200);
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.Redirect(other.Url, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });
        var response = await SendAsync(receiver.Url);
        Assert.Equal((AttemptResult.Failed, 307), (response.Result, response.Attempt.Status));
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task The_start_of_an_endless_response_is_kept()
    {
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            context.Response.StatusCode = 500;
            var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a\0\u001b☕", 1_000)));
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(text, context.RequestAborted);
        });
        var response = await SendAsync(receiver.Url);
        Assert.Equal(500, response.Attempt.Status);
        Assert.Equal(
            string.Concat(Enumerable.Repeat("a  ☕", 256)), response.Attempt.Response);
    }

    [Fact]
    public async Task A_text_is_not_cut_within_a_character()
    {
        await using var receiver = await Receiver.StartAsync(context =>
            context.Response.WriteAsync("a" + string.Concat(Enumerable.Repeat("😀", 600))));
        var response = await SendAsync(receiver.Url);
        Assert.Equal("a" + string.Concat(Enumerable.Repeat("😀", 511)), response.Attempt.Response);
    }

    [Fact]
    public async Task Headers_without_end_are_refused()
    {
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.Headers["X-Large"] = new string('x', 40_000);
            return Task.CompletedTask;
        });
        var response = await SendAsync(receiver.Url);
        Assert.Equal((AttemptResult.Failed, null), (response.Result, response.Attempt.Status));
    }

    [Fact]
    public async Task A_receiver_that_hangs_is_given_up_at_the_time_limit()
    {
        await using var receiver = await Receiver.StartAsync(
            context => Eventually.CancelledAsync(context.RequestAborted));
        using var client = NewClient();
        var sending = client.SendAsync(SampleEvents.Webhook(receiver.Url), Sent, default);
        await Eventually.IsTrueAsync(() => Task.FromResult(!receiver.Requests.IsEmpty));

        _time.Advance(TimeSpan.FromSeconds(15) - TimeSpan.FromTicks(1));
        Assert.False(sending.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        var response = await sending;
        Assert.Equal((AttemptResult.Failed, null), (response.Result, response.Attempt.Status));
        Assert.Equal("No response within 15 s.", response.Attempt.Response);
        Assert.Equal(TimeSpan.FromSeconds(15), response.Attempt.Latency);
    }

    [Fact]
    public async Task A_receiver_that_resets_the_connection_has_a_reason_and_no_status()
    {
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var response = await SendAsync(receiver.Url);
        Assert.Equal((AttemptResult.Failed, null), (response.Result, response.Attempt.Status));
        Assert.NotEmpty(response.Attempt.Response);
    }

    [Fact]
    public async Task A_body_that_breaks_off_leaves_the_status_as_it_is()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sending = SendAsync($"http://{listener.LocalEndpoint}/");
        using (var connection = await listener.AcceptTcpClientAsync())
        {
            var stream = connection.GetStream();
            var request = new StringBuilder();
            var bytes = new byte[4096];
            while (!request.ToString().EndsWith("}}", StringComparison.Ordinal))
                request.Append(Encoding.UTF8.GetString(bytes, 0, await stream.ReadAsync(bytes)));
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"u8.ToArray());
        }

        var response = await sending;
        Assert.Equal("half", response.Attempt.Response);
        Assert.Equal((AttemptResult.Delivered, 200), (response.Result, response.Attempt.Status));
    }

    [Fact]
    public async Task An_address_that_is_not_allowed_gets_no_connection_however_it_is_written()
    {
        await using var receiver = await Receiver.StartAsync(200);
        var port = new Uri(receiver.Url).Port;
        using var client = NewClient(networks: []);
        foreach (var host in new[] { "127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]" })
        {
            var response = await client.SendAsync(
                SampleEvents.Webhook($"http://{host}:{port}/hook"), Sent, default);
            Assert.Equal(AttemptResult.Failed, response.Result);
            Assert.Contains("Webhooks:AllowedNetworks", response.Attempt.Response, StringComparison.Ordinal);
        }

        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task A_name_that_leads_to_an_allowed_address_works()
    {
        await using var receiver = await Receiver.StartAsync(200);
        var response = await SendAsync($"http://localhost:{new Uri(receiver.Url).Port}/hook");
        Assert.Equal(AttemptResult.Delivered, response.Result);
    }

    [Fact]
    public async Task A_name_without_an_address_is_a_failure()
    {
        var response = await SendAsync("http://nothing.invalid/");
        Assert.Equal((AttemptResult.Failed, null), (response.Result, response.Attempt.Status));
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused()
    {
        using var folder = new TemporaryFolder();
        var files = new TestCertificates(folder.Path);
        using var pem = X509Certificate2.CreateFromPemFile(files.ServerCertificate, files.ServerKey);
        using var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        await using var receiver = await Receiver.StartAsync(_ => Task.CompletedTask, certificate);

        var response = await SendAsync(receiver.Url);

        Assert.StartsWith("https:", receiver.Url, StringComparison.Ordinal);
        Assert.Contains("certificate", response.Attempt.Response, StringComparison.Ordinal);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task A_webhook_with_a_broken_secret_fails_with_a_reason()
    {
        await using var receiver = await Receiver.StartAsync(200);
        using var client = NewClient();
        var webhook = SampleEvents.Webhook(receiver.Url) with { Secrets = [new("open sesame", null)] };
        var response = await client.SendAsync(webhook, Sent, default);
        Assert.Contains("secret", response.Attempt.Response, StringComparison.Ordinal);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task Cancelling_is_no_result()
    {
        await using var receiver = await Receiver.StartAsync(
            context => Eventually.CancelledAsync(context.RequestAborted));
        using var client = NewClient();
        using var end = new CancellationTokenSource();
        var sending = client.SendAsync(SampleEvents.Webhook(receiver.Url), Sent, end.Token);
        await Eventually.IsTrueAsync(() => Task.FromResult(!receiver.Requests.IsEmpty));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Theory]
    [InlineData("93.184.216.34", 8443, true)]
    [InlineData("10.1.2.3", 443, true)]
    [InlineData("::ffff:10.1.2.3", 443, true)]
    [InlineData("10.2.0.1", 443, false)]
    [InlineData("169.254.169.254", 80, false)]
    [InlineData("fd00::7", 443, true)]
    [InlineData("fd00::8", 443, false)]
    public void Public_addresses_and_named_networks_are_allowed(string address, int port, bool isAllowed)
    {
        var options = new WebhookOptions { AllowedNetworks = ["10.1.0.0/16", "fd00::7"] };
        Assert.Equal(isAllowed, options.ToAddressRule()(new(IPAddress.Parse(address), port)));
    }

    private async Task<WebhookResponse> SendAsync(string url)
    {
        using var client = NewClient();
        return await client.SendAsync(SampleEvents.Webhook(url), Sent, default);
    }

    private WebhookClient NewClient(IReadOnlyList<string>? networks = null) => new(
        new WebhookOptions { AllowedNetworks = networks ?? ["127.0.0.0/8", "::1"] }, "urn:test", _time);
}
