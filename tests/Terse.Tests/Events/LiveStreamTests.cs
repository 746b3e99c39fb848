using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Harness;
using Terse.Hosting;
using Terse.Tests.Access;

namespace Terse.Tests.Events;

/// <summary>Live streams over HTTP, with the log of a SQLite file.</summary>
public sealed class LiveStreamTests
{
    private const string Target = "https://example.com/";

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task A_stream_sends_what_happens_with_either_version_of_HTTP(HttpProtocols protocol)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseServer.StartAsync(
            folder.Path, endpoint => endpoint.Protocols = protocol);
        using var http = NewClient(server, protocol);
        using var reader = await LiveReader.OpenAsync(server, isHttp2: protocol == HttpProtocols.Http2);
        await reader.WaitUntilLiveAsync();

        using var created = await http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative), new { target = Target, code = "sale" });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        using var deleted = await http.DeleteAsync(new Uri("/api/v1/links/sale", UriKind.Relative));
        var events = await reader.WaitAsync(2);

        Assert.Equal(http.DefaultRequestVersion, reader.Version);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (reader.Status, reader.MediaType));
        Assert.Equal("no-store", Assert.Single(reader.Headers.GetValues("Cache-Control")));
        Assert.Equal("no", Assert.Single(reader.Headers.GetValues("X-Accel-Buffering")));
        Assert.Equal(["link.created", "link.deleted"], events.Select(message => message.Type));
        var data = JsonDocument.Parse(events[1].Data!).RootElement;
        Assert.Equal(events[1].Id, data.GetProperty("id").GetString());
        Assert.Equal("/sale", data.GetProperty("subject").GetString());
        Assert.Equal(2, data.GetProperty("data").GetProperty("version").GetInt32());
        Assert.Equal(
            Target, data.GetProperty("data").GetProperty("before").GetProperty("target").GetString());
    }

    [Fact]
    public async Task A_stream_continues_after_the_last_id_that_its_client_received()
    {
        await using var server = await TerseServer.StartAsync();
        string start;
        using (var reader = await (await LiveReader.OpenAsync(server)).WaitUntilLiveAsync())
            start = reader.LastId!;
        for (var link = 0; link < 30; link++)
            await server.CreateCodeAsync(Target, $"c{link}");
        var received = new List<StreamMessage>();
        var lastId = start;
        while (received.Count < 30)
        {
            using var reader = await LiveReader.OpenAsync(server, "?types=link.created", lastId);
            var events = await reader.WaitAsync(1);
            received.AddRange(events.Take(7)); // The client fails before it has handled the others.
            lastId = received[^1].Id;
        }

        Assert.Equal(
            Enumerable.Range(0, 30).Select(link => $"/c{link}"),
            received.Select(message =>
                JsonDocument.Parse(message.Data!).RootElement.GetProperty("subject").GetString()));
        using var byParameter = await LiveReader.OpenAsync(server, "?lastEventId=" + received[28].Id);
        Assert.Equal([received[29].Id], (await byParameter.WaitAsync(1)).Select(message => message.Id));
        using var both = await LiveReader.OpenAsync(
            server, "?lastEventId=" + received[0].Id, lastId: received[28].Id);
        Assert.Equal([received[29].Id], (await both.WaitAsync(1)).Select(message => message.Id));
    }

    [Theory]
    [InlineData("?types=link.create", null, 400, "query-invalid")]
    [InlineData("?domains=unknown.example", null, 400, "query-invalid")]
    [InlineData("?links=sale", null, 400, "query-invalid")]
    [InlineData("?type=link", null, 400, "query-invalid")]
    [InlineData("?lastEventId=1&lastEventId=2", null, 400, "query-invalid")]
    [InlineData("?lastEventId=x", null, 400, "query-invalid")]
    [InlineData("", "42", 400, "query-invalid")]
    [InlineData("", "253370764800000000-1", 400, "query-invalid")]
    [InlineData("", "1000000-1", 410, "events-expired")]
    public async Task A_wrong_parameter_or_a_position_without_its_events_is_refused(
        string query, string? lastId, int status, string type)
    {
        await using var server = await TerseServer.StartAsync();
        await server.CreateCodeAsync(Target, "first");
        using var reader = await LiveReader.OpenAsync(server, query, lastId);
        await reader.Ended;

        Assert.Equal((status, "application/problem+json"), ((int)reader.Status, reader.MediaType));
        Assert.Equal(
            "urn:problem-type:terse:" + type,
            JsonDocument.Parse(reader.Text).RootElement.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Filters_select_by_type_domain_tag_and_link()
    {
        await using var server = await TerseServer.StartAsync(("Domains:Others:0", "go.example"));
        using var reader = await (await LiveReader.OpenAsync(server)).WaitUntilLiveAsync();
        var start = reader.LastId!;
        await CreateAsync(server, "a", "mail");
        await CreateAsync(server, "b", "other");
        await server.CreateCodeAsync(Target, "c", "go.example");
        var link = JsonDocument.Parse((await reader.WaitAsync(3))[1].Data!).RootElement
            .GetProperty("data").GetProperty("link").GetString();

        Assert.Equal(["/a"], await SubjectsAsync(server, start, "?tags=none,MAIL", 1));
        Assert.Equal(["/b"], await SubjectsAsync(server, start, "?links=" + link, 1));
        Assert.Equal(["go.example/c"], await SubjectsAsync(server, start, "?domains=go.example", 1));
        Assert.Equal(["/a", "/b"], await SubjectsAsync(server, start, "?domains=default&types=link", 2));
        Assert.Equal(
            ["/a", "/b", "go.example/c"],
            await SubjectsAsync(server, start, "?domains=default&domains=go.example", 3));
        Assert.Empty(await SubjectsAsync(server, start, "?types=link.deleted,domain", 0));
    }

    [Fact]
    public async Task A_key_sees_its_links_and_only_admins_see_what_is_not_about_links()
    {
        await using var server = await TerseServer.StartAsync();
        using var reader = await (await LiveReader.OpenAsync(server)).WaitUntilLiveAsync();
        var start = reader.LastId!;
        var viewer = await server.CreateKeyAsync("viewer");
        var limited = await server.CreateKeyAsync("admin", tags: ["mail"]);
        await CreateAsync(server, "a", "mail");
        await CreateAsync(server, "b", "other");
        await reader.WaitAsync(4);

        Assert.Equal(["key.created", "key.created", "link.created", "link.created"],
            reader.Events.Select(message => message.Type));
        Assert.Equal(["/a", "/b"], await SubjectsAsync(server, start, "", 2, viewer));
        Assert.Equal(["/a"], await SubjectsAsync(server, start, "", 1, limited));
    }

    [Fact]
    public async Task A_revoked_key_ends_its_streams_within_seconds()
    {
        await using var server = await TerseServer.StartAsync();
        var key = await server.CreateKeyAsync("viewer");
        using var reader = await LiveReader.OpenAsync(server, key: key);
        await reader.WaitUntilLiveAsync();

        using var revoked = await server.Http.DeleteAsync(
            new Uri($"/api/v1/keys/{key.Split('_')[1]}", UriKind.Relative));

        Assert.True(revoked.IsSuccessStatusCode);
        await reader.Ended.WaitAsync(TimeSpan.FromSeconds(10));
        using var again = await LiveReader.OpenAsync(server, key: key);
        Assert.Equal(HttpStatusCode.Unauthorized, again.Status);
    }

    [Fact]
    public async Task Streams_beyond_the_limit_are_refused_until_another_one_ends()
    {
        await using var server = await TerseServer.StartAsync(("Events:MaxStreams", "1"));
        using (await LiveReader.OpenAsync(server))
        {
            using var second = await LiveReader.OpenAsync(server);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, second.Status);
            Assert.Equal("1", Assert.Single(second.Headers.GetValues("Retry-After")));
        }

        await Eventually.IsTrueAsync(async () =>
        {
            using var third = await LiveReader.OpenAsync(server);
            return third.Status == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task A_draining_server_ends_its_streams_cleanly_and_opens_no_others()
    {
        await using var server = await TerseServer.StartAsync();
        using var reader = await (await LiveReader.OpenAsync(server)).WaitUntilLiveAsync();

        server.Services.GetRequiredService<Drain>().Begin();

        await reader.Ended.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Matches("\nretry: [0-9]+\n\n$", reader.Text);
        using var next = await LiveReader.OpenAsync(server, lastId: reader.LastId);
        await next.Ended.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, next.Status);
        Assert.Matches("^retry: [0-9]+\n\n$", next.Text);
        Assert.True(next.Headers.ConnectionClose);
    }

    [Fact]
    public async Task A_long_stream_is_no_slow_request()
    {
        await using var server = await TerseServer.StartAsync(("Telemetry:SlowRequest", "00:00:00.001"));
        using var log = new KeptLog();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        using (var reader = await LiveReader.OpenAsync(server))
            await reader.WaitUntilLiveAsync();
        var tail = server.Services.GetRequiredService<Terse.Events.EventTail>();
        await Eventually.IsTrueAsync(() => Task.FromResult(tail.Readers == 0));

        Assert.DoesNotContain(
            log.Lines, line => line.Contains("/api/v1/events", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_visits_of_a_link_that_asks_for_it_become_events()
    {
        await using var server = await TerseServer.StartAsync();
        using var reader = await LiveReader.OpenAsync(server, "?types=link.visited");
        await reader.WaitUntilLiveAsync();
        using var created = await server.PostAsync(
            """{"target":"https://example.com/","code":"seen","visitEvents":true,"tags":["mail"]}""");
        var link = await created.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(link.GetProperty("visitEvents").GetBoolean());
        await server.CreateCodeAsync(Target, "unseen");
        foreach (var path in (string[])["/unseen", "/seen", "/seen"])
        {
            using var redirect = await server.GetAsync(path);
        }

        long Counted() => reader.Events.Sum(message => JsonDocument.Parse(message.Data!).RootElement
            .GetProperty("data").GetProperty("visits").GetInt64());
        await Eventually.IsTrueAsync(() => Task.FromResult(Counted() >= 2));

        Assert.Equal(2, Counted());
        Assert.All(reader.Events, message => Assert.Equal(
            "/seen", JsonDocument.Parse(message.Data!).RootElement.GetProperty("subject").GetString()));
    }

    private static HttpClient NewClient(TerseServer server, HttpProtocols protocol)
    {
        var http = new HttpClient
        {
            BaseAddress = server.Http.BaseAddress,
            DefaultRequestVersion =
                protocol == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        http.DefaultRequestHeaders.Add("X-Api-Key", AdminKey.Text);
        return http;
    }

    private static async Task CreateAsync(TerseServer server, string code, string tag)
    {
        using var created = await server.PostAsync(
            JsonSerializer.Serialize(new { target = Target, code, tags = new[] { tag } }));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    private static async Task<IEnumerable<string?>> SubjectsAsync(
        TerseServer server, string start, string query, int count, string? key = null)
    {
        using var reader = await LiveReader.OpenAsync(server, query, start, key);
        await reader.WaitUntilLiveAsync();
        return (await reader.WaitAsync(count)).Select(message =>
            JsonDocument.Parse(message.Data!).RootElement.GetProperty("subject").GetString());
    }
}
