using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Terse.Events;
using Terse.Harness;
using Terse.TestSupport;

namespace Terse.Tests.Events;

/// <summary>What an operator sees of deliveries, and the replay, with a receiver of HTTP requests.</summary>
public sealed class WebhookDeliveryTests : IAsyncLifetime
{
    private Receiver _receiver = null!;
    private TerseServer _server = null!;

    /// <summary>The status of the next answers.</summary>
    private HttpStatusCode _status = HttpStatusCode.OK;

    /// <summary>What the next answers wait for.</summary>
    private Task _gate = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.StartAsync(async context =>
        {
            await _gate;
            context.Response.StatusCode = (int)_status;
            await context.Response.WriteAsync("thanks");
        });
        _server = await TerseServer.StartAsync(
            ("Domains:Default", "go.example"), ("Webhooks:AllowedNetworks:0", "127.0.0.1"));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task A_test_event_arrives_signed_and_is_listed_with_its_answer()
    {
        var (id, secret) = await CreateAsync("key");

        var test = await _server.CallHookAsync("POST", $"/{id}/test");
        var delivery = await WaitForAsync(id, "delivered");

        var request = Assert.Single(_receiver.Requests);
        var (eventId, timestamp) = (request.Headers["webhook-id"], request.Headers["webhook-timestamp"]);
        Assert.Equal(test.Text("event"), eventId);
        Assert.Equal(test.Text("event"), delivery.Text("event"));
        Assert.Equal(("webhook.tested", id), (delivery.Text("type"), delivery.Text("subject")));
        Assert.Equal((1, 200), (delivery.GetProperty("attempts").GetInt32(),
            delivery.GetProperty("status").GetInt32()));
        Assert.Equal("thanks", delivery.Text("response"));
        Assert.InRange(delivery.GetProperty("latencyMs").GetInt64(), 0, 15_000);
        Assert.NotNull(delivery.Text("triedAt"));
        Assert.Null(delivery.Text("nextTryAt"));
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{eventId}.{timestamp}."), .. request.Body];
        var hash = HMACSHA256.HashData(Convert.FromBase64String(secret[6..]), signed);
        Assert.Equal($"v1,{Convert.ToBase64String(hash)}", request.Headers["webhook-signature"]);
    }

    [Theory]
    [InlineData("PATCH", """{"state": "paused"}""")]
    [InlineData("DELETE", null)]
    public async Task After_a_pause_or_a_deletion_only_the_request_in_flight_ends(string method, string? body)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gate = gate.Task;
        var (id, _) = await CreateAsync("link");
        await _server.CallHookAsync("PATCH", $"/{id}", """{"state": "paused"}""");
        await _server.CreateCodeAsync("https://example.com/", "first");
        using var deleted = await _server.Http.DeleteAsync(
            new Uri("/api/v1/links/first", UriKind.Relative));
        await Eventually.IsTrueAsync(async () => (await ListAsync(id, "?state=waiting")).Count == 2);
        await _server.CallHookAsync("PATCH", $"/{id}", """{"state": "active"}""");
        await Eventually.IsTrueAsync(() => Task.FromResult(!_receiver.Requests.IsEmpty));

        using var stop = await _server.SendHookAsync(method, $"/{id}", body);
        Assert.True(stop.IsSuccessStatusCode);
        gate.SetResult();
        var held = _server.Services.GetRequiredService<HeldReceivers>();
        await Eventually.IsTrueAsync(() => Task.FromResult(held.Lines == 0));
        Assert.Single(_receiver.Requests);
    }

    [Fact]
    public async Task Dead_deliveries_of_an_ended_webhook_are_sent_after_it_is_resumed_and_replayed()
    {
        _status = HttpStatusCode.Gone;
        var (id, _) = await CreateAsync("link");
        await _server.CreateCodeAsync("https://example.com/", "first");
        await WaitForAsync(id, "dead");
        await Eventually.IsTrueAsync(async () =>
            (await _server.CallHookAsync("GET", $"/{id}")).Text("state") == "ended");
        using var early = await _server.SendHookAsync("POST", $"/{id}/replay", """{"state": "dead"}""");
        _status = HttpStatusCode.OK;
        await _server.CallHookAsync("PATCH", $"/{id}", """{"state": "active"}""");

        var replay = await _server.CallHookAsync("POST", $"/{id}/replay", """{"state": "dead"}""");
        var delivery = await WaitForAsync(id, "delivered");
        var again = await _server.CallHookAsync("POST", $"/{id}/replay", """{"state": "dead"}""");

        await ProblemAssert.AssertProblemAsync(early, HttpStatusCode.Conflict, "webhook-inactive", "id");
        Assert.Equal("""{"replayed":1,"hasMore":false}""", replay.GetRawText());
        Assert.Equal("""{"replayed":0,"hasMore":false}""", again.GetRawText());
        Assert.Equal(("/first", 1), (delivery.Text("subject"), delivery.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task One_event_or_those_of_a_time_are_sent_once_more()
    {
        var (id, _) = await CreateAsync("link");
        await _server.CreateCodeAsync("https://example.com/", "first");
        var delivery = await WaitForAsync(id, "delivered");
        await _server.CallHookAsync("PATCH", $"/{id}", """{"state": "paused"}""");
        var path = $"/{id}/deliveries/{delivery.Text("event")}/replay";

        var none = await _server.CallHookAsync(
            "POST", $"/{id}/replay", """{"until": "2020-01-01T00:00Z"}""");
        var one = await _server.CallHookAsync("POST", path);
        var waits = await _server.CallHookAsync("POST", path);
        await _server.CallHookAsync("PATCH", $"/{id}", """{"state": "active"}""");
        await WaitForAsync(id, "delivered");
        var time = await _server.CallHookAsync(
            "POST", $"/{id}/replay", """{"state": "delivered", "from": "2020-01-01T00:00:00Z"}""");
        await WaitForAsync(id, "delivered");

        Assert.Equal((0, 1, 0, 1), (CountOf(none), CountOf(one), CountOf(waits), CountOf(time)));
        Assert.Single(_receiver.Requests.Select(request => request.EventId).Distinct(StringComparer.Ordinal));
        Assert.Equal(3, _receiver.Requests.Count);
    }

    [Theory]
    [InlineData("1-1")]
    [InlineData("none")]
    public async Task An_event_without_a_delivery_is_not_found(string name)
    {
        var (id, _) = await CreateAsync("key");

        using var response = await _server.SendHookAsync("POST", $"/{id}/deliveries/{name}/replay");

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.NotFound, "delivery-not-found", "event");
    }

    [Theory]
    [InlineData("""{"state": "waiting"}""", "state")]
    [InlineData("""{"state": "Dead"}""", "state")]
    [InlineData("""{"from": "2026-11-27"}""", "from")]
    [InlineData("""{"until": "x"}""", "until")]
    public async Task A_wrong_replay_is_refused(string body, string field)
    {
        var (id, _) = await CreateAsync("key");

        using var response = await _server.SendHookAsync("POST", $"/{id}/replay", body);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, "field-invalid", field);
    }

    [Fact]
    public async Task Deliveries_are_listed_page_by_page_and_by_state()
    {
        var (id, _) = await CreateAsync("link");
        for (var number = 0; number < 3; number++)
            await _server.CreateCodeAsync("https://example.com/", $"code{number}");
        await Eventually.IsTrueAsync(async () => (await ListAsync(id, "?state=delivered")).Count == 3);

        var first = await _server.CallHookAsync("GET", $"/{id}/deliveries?limit=2");
        var second = await _server.CallHookAsync(
            "GET", $"/{id}/deliveries?limit=2&cursor={first.Text("next")}");

        Assert.Equal(
            ["/code2", "/code1", "/code0"],
            first.GetProperty("deliveries").EnumerateArray()
                .Concat(second.GetProperty("deliveries").EnumerateArray())
                .Select(delivery => delivery.Text("subject")));
        Assert.False(second.TryGetProperty("next", out _));
        Assert.Empty(await ListAsync(id, "?state=dead"));
        Assert.Empty(await ListAsync(id, "?until=2020-01-01"));
        Assert.Equal(3, (await ListAsync(id, "?from=2020-01-01T00:00Z")).Count);
    }

    [Theory]
    [InlineData("state=x", "state")]
    [InlineData("from=x", "from")]
    [InlineData("until=x", "until")]
    [InlineData("cursor=x", "cursor")]
    [InlineData("limit=0", "limit")]
    [InlineData("stat=dead", "stat")]
    public async Task A_wrong_parameter_of_the_list_is_refused(string query, string name)
    {
        var (id, _) = await CreateAsync("key");

        using var response = await _server.SendHookAsync("GET", $"/{id}/deliveries?{query}");

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, "query-invalid", name);
    }

    [Fact]
    public async Task Sent_events_are_valid_by_their_published_schemas()
    {
        var (id, _) = await _server.CreateHookAsync($$"""{"url": "{{_receiver.Url}}"}""");
        await _server.CreateCodeAsync("https://example.com/", "first");
        await _server.BlockAsync("evil.example");
        await _server.CallHookAsync("POST", $"/{id}/test");
        await Eventually.IsTrueAsync(() => Task.FromResult(_receiver.Requests.Count >= 3));
        Assert.All(_receiver.Requests, request => EventSchemaAssert.IsValid(request.Body));
    }

    private static int CountOf(JsonElement replay) => replay.GetProperty("replayed").GetInt32();

    private Task<(string Id, string Secret)> CreateAsync(string type) =>
        _server.CreateHookAsync($$"""{"url": "{{_receiver.Url}}", "types": ["{{type}}"]}""");

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string id, string query) =>
        [
            .. (await _server.CallHookAsync("GET", $"/{id}/deliveries{query}")).GetProperty("deliveries")
                .EnumerateArray(),
        ];

    /// <summary>Waits until the webhook has a delivery in a state, and returns the newest.</summary>
    private async Task<JsonElement> WaitForAsync(string id, string state)
    {
        IReadOnlyList<JsonElement> deliveries = [];
        await Eventually.IsTrueAsync(async () =>
            (deliveries = await ListAsync(id, $"?state={state}")).Count > 0);
        return deliveries[0];
    }
}
