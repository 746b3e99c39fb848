using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Terse.Events;

namespace Terse.Tests.Events;

public sealed class WebhookEndpointsTests : IAsyncLifetime
{
    private const string Body = """{"url": "https://hooks.example/a"}""";

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync(
        ("Domains:Default", "go.example"), ("Domains:Others:0", "s.example"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_webhook_is_created_with_a_secret_that_is_shown_once()
    {
        using var created = await _server.SendHookAsync(
            "POST", "",
            """
            {"url": "https://hooks.example/a?b=c", "types": ["link.created", "key", "key"],
            "domains": ["default", "S.example"], "tags": ["mail"], "links": ["7"], "description": "mine"}
            """);
        var webhook = await created.Content.ReadFromJsonAsync<JsonElement>();
        var id = webhook.Text("id")!;
        var shown = await _server.CallHookAsync("GET", $"/{id}");
        var list = await _server.CallHookAsync("GET", "");

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal($"{WebhookServer.Path}/{id}", created.Headers.Location?.ToString());
        Assert.Equal("\"v1\"", created.Headers.ETag?.ToString());
        var secret = webhook.Text("secret")!;
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(secret[6..]).Length);
        Assert.DoesNotContain("secret", shown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", list.ToString(), StringComparison.Ordinal);
        Assert.Equal(id, Assert.Single(list.GetProperty("webhooks").EnumerateArray()).Text("id"));
        Assert.Equal("https://hooks.example/a?b=c", shown.Text("url"));
        Assert.Equal("""["link.created","key"]""", shown.GetProperty("types").GetRawText());
        Assert.Equal("""["default","s.example"]""", shown.GetProperty("domains").GetRawText());
        Assert.Equal("""["mail"]""", shown.GetProperty("tags").GetRawText());
        Assert.Equal("""["7"]""", shown.GetProperty("links").GetRawText());
        Assert.Equal(("mine", "active", "tests000"),
            (shown.Text("description"), shown.Text("state"), shown.Text("createdBy")));
    }

    [Theory]
    [InlineData("{}", "url")]
    [InlineData("""{"url": ""}""", "url")]
    [InlineData("""{"url": "hooks.example"}""", "url")]
    [InlineData("""{"url": "/a"}""", "url")]
    [InlineData("""{"url": "ftp://hooks.example/"}""", "url")]
    [InlineData("""{"url": "https:hooks.example"}""", "url")]
    [InlineData("""{"url": "https://"}""", "url")]
    [InlineData("""{"url": "https://a@hooks.example/"}""", "url")]
    [InlineData("""{"url": "https://@hooks.example/"}""", "url")]
    [InlineData("""{"url": "https://a:b@hooks.example?c"}""", "url")]
    [InlineData("""{"url": "https://hooks.example/#a"}""", "url")]
    [InlineData("""{"url": "https://hooks.example/#"}""", "url")]
    [InlineData("""{"url": " https://hooks.example/"}""", "url")]
    [InlineData("""{"url": "https://hooks.example/a b"}""", "url")]
    [InlineData("""{"url": "https://hooks.example\\a"}""", "url")]
    [InlineData("""{"url": "https://a.example/", "types": ["links"]}""", "types")]
    [InlineData("""{"url": "https://a.example/", "types": ["link."]}""", "types")]
    [InlineData("""{"url": "https://a.example/", "types": [""]}""", "types")]
    [InlineData("""{"url": "https://a.example/", "types": [null]}""", "types")]
    [InlineData("""{"url": "https://a.example/", "domains": ["nobody.example"]}""", "domains")]
    [InlineData("""{"url": "https://a.example/", "domains": [null]}""", "domains")]
    [InlineData("""{"url": "https://a.example/", "tags": [" a"]}""", "tags")]
    [InlineData("""{"url": "https://a.example/", "tags": [null]}""", "tags")]
    [InlineData("""{"url": "https://a.example/", "links": ["sale"]}""", "links")]
    [InlineData("""{"url": "https://a.example/", "links": ["-1"]}""", "links")]
    [InlineData("""{"url": "https://a.example/", "description": "a\u0000"}""", "description")]
    public async Task A_wrong_field_is_refused_with_its_name(string body, string field)
    {
        using var response = await _server.SendHookAsync("POST", "", body);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, "field-invalid", field);
        Assert.Empty((await _server.CallHookAsync("GET", "")).GetProperty("webhooks").EnumerateArray());
    }

    [Fact]
    public async Task A_value_that_is_too_long_is_refused()
    {
        var many = string.Join(',', Enumerable.Range(0, 101).Select(id => $"\"{id}\""));
        var url = "https://a.example/" + new string('a', 8175);
        foreach (var (fields, field) in new[]
        {
            ($"\"url\": \"{url}\"", "url"),
            ($"{Body[1..^1]}, \"links\": [{many}]", "links"),
            ($"{Body[1..^1]}, \"description\": \"{new string('a', 501)}\"", "description"),
        })
        {
            using var response = await _server.SendHookAsync("POST", "", $"{{{fields}}}");
            await ProblemAssert.AssertProblemAsync(
                response, HttpStatusCode.BadRequest, "field-invalid", field);
        }

        await _server.CreateHookAsync($$"""{"url": "{{url[..^1]}}"}""");
    }

    [Fact]
    public async Task A_change_keeps_absent_fields_and_null_restores_the_default()
    {
        var (id, _) = await _server.CreateHookAsync(
            """{"url": "https://a.example/", "types": ["link"], "tags": ["mail"], "description": "a"}""");

        using var response = await _server.SendHookAsync(
            "PATCH",
            $"/{id}",
            """{"types": null, "description": null, "url": "http://b.example/"}""",
            "\"v1\"");
        using var same = await _server.SendHookAsync("PATCH", $"/{id}", """{"tags": ["mail"]}""");

        var changed = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("\"v2\"", response.Headers.ETag?.ToString());
        Assert.Equal("\"v2\"", same.Headers.ETag?.ToString());
        Assert.Equal(
            ("http://b.example/", "[]", """["mail"]""", null),
            (changed.Text("url"), changed.GetProperty("types").GetRawText(),
                changed.GetProperty("tags").GetRawText(), changed.Text("description")));
    }

    [Theory]
    [InlineData("""{"url": null}""", "url")]
    [InlineData("""{"state": "ended"}""", "state")]
    [InlineData("""{"state": null}""", "state")]
    [InlineData("""{"types": ["x"]}""", "types")]
    public async Task A_wrong_change_is_refused(string body, string field)
    {
        var (id, _) = await _server.CreateHookAsync(Body);

        using var response = await _server.SendHookAsync("PATCH", $"/{id}", body);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, "field-invalid", field);
    }

    [Fact]
    public async Task A_change_of_another_version_is_refused()
    {
        var (id, _) = await _server.CreateHookAsync(Body);
        await _server.CallHookAsync("PATCH", $"/{id}", """{"state": "paused"}""");

        using var old = await _server.SendHookAsync("PATCH", $"/{id}", """{"state": "active"}""", "\"v1\"");
        using var wrong = await _server.SendHookAsync("PATCH", $"/{id}", """{"state": "active"}""", "v2");

        await ProblemAssert.AssertProblemAsync(
            old, HttpStatusCode.PreconditionFailed, "precondition-failed", "If-Match");
        await ProblemAssert.AssertProblemAsync(
            wrong, HttpStatusCode.BadRequest, "request-malformed", "If-Match");
    }

    [Fact]
    public async Task A_resumed_webhook_has_forgotten_its_failures_and_the_reason()
    {
        var (id, _) = await _server.CreateHookAsync(Body);
        var paused = await _server.CallHookAsync("PATCH", $"/{id}", """{"state": "paused"}""");
        using var test = await _server.SendHookAsync("POST", $"/{id}/test");
        var since = TimeProvider.System.GetUtcNow();
        await _server.Services.GetRequiredService<IWebhookStore>()
            .StoreHealthAsync(id, new(12, since, since.AddMinutes(5)), since, default);
        var failing = await _server.CallHookAsync("GET", $"/{id}");

        var resumed = await _server.CallHookAsync("PATCH", $"/{id}", """{"state": "active"}""");

        await ProblemAssert.AssertProblemAsync(test, HttpStatusCode.Conflict, "webhook-inactive", "id");
        Assert.Equal("paused", paused.Text("state"));
        Assert.NotNull(paused.Text("reason"));
        Assert.Equal(12, failing.GetProperty("failures").GetInt32());
        Assert.NotNull(failing.Text("slowedUntil"));
        Assert.Equal(("active", null, null, null),
            (resumed.Text("state"), resumed.Text("reason"), resumed.Text("failingSince"),
                resumed.Text("slowedUntil")));
    }

    [Fact]
    public async Task A_rotated_webhook_signs_with_both_secrets_until_the_old_one_ends()
    {
        var (id, first) = await _server.CreateHookAsync(Body);

        var rotated = await _server.CallHookAsync("POST", $"/{id}/rotate");
        var both = await SecretsAsync(id);
        var ended = await _server.CallHookAsync(
            "POST", $"/{id}/rotate", """{"oldExpiresAt": "2020-01-01T00:00:00Z"}""");

        Assert.Equal([rotated.Text("secret")!, first], both);
        var until = DateTimeOffset.Parse(rotated.Text("oldExpiresAt")!, CultureInfo.InvariantCulture);
        Assert.InRange(
            until - TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(23), TimeSpan.FromHours(24));
        Assert.Equal([ended.Text("secret")!], await SecretsAsync(id));
        Assert.Null(ended.Text("oldExpiresAt"));
    }

    [Fact]
    public async Task A_sixth_secret_is_refused_until_the_old_ones_are_ended()
    {
        var (id, _) = await _server.CreateHookAsync(Body);
        for (var count = 1; count < 5; count++)
            await _server.CallHookAsync("POST", $"/{id}/rotate");

        using var refused = await _server.SendHookAsync("POST", $"/{id}/rotate");

        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.BadRequest, "field-invalid", "oldExpiresAt");
        await _server.CallHookAsync("POST", $"/{id}/rotate", """{"oldExpiresAt": "2020-01-01T00:00:00Z"}""");
        Assert.Single(await SecretsAsync(id));
    }

    [Theory]
    [InlineData("2126-01-01T00:00:00Z")]
    [InlineData("2026-11-27")]
    public async Task An_old_secret_cannot_work_for_ever_or_until_no_instant(string until)
    {
        var (id, secret) = await _server.CreateHookAsync(Body);

        using var refused = await _server.SendHookAsync(
            "POST", $"/{id}/rotate", $$"""{"oldExpiresAt": "{{until}}"}""");

        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.BadRequest, "field-invalid", "oldExpiresAt");
        Assert.Equal([secret], await SecretsAsync(id));
    }

    [Theory]
    [InlineData("GET", "", null)]
    [InlineData("PATCH", "", "{}")]
    [InlineData("DELETE", "", null)]
    [InlineData("POST", "/rotate", null)]
    [InlineData("POST", "/test", null)]
    [InlineData("POST", "/replay", "{}")]
    [InlineData("POST", "/deliveries/1-1/replay", null)]
    [InlineData("GET", "/deliveries", null)]
    public async Task An_unknown_webhook_is_not_found(string method, string path, string? body)
    {
        foreach (var id in new[] { "nobody000000", "none", "a%22b" })
        {
            using var response = await _server.SendHookAsync(method, $"/{id}{path}", body);
            await ProblemAssert.AssertProblemAsync(
                response, HttpStatusCode.NotFound, "webhook-not-found", "id");
        }
    }

    [Fact]
    public async Task A_deleted_webhook_is_gone()
    {
        var (id, _) = await _server.CreateHookAsync(Body);

        using var deleted = await _server.SendHookAsync("DELETE", $"/{id}");
        using var again = await _server.SendHookAsync("DELETE", $"/{id}");

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    private async Task<IEnumerable<string>> SecretsAsync(string id) =>
        (await _server.Services.GetRequiredService<IWebhookStore>().FindAsync(id, default))!
            .Secrets.Select(secret => secret.Value);
}
