using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Harness;
using Terse.Tests.Access;
using Terse.Tests.Redirects;

namespace Terse.Tests.Web;

/// <summary>
/// Sends passwords, keys, targets and an address in requests of every kind, most of which fail, and searches
/// everything that leaves the program for them.
/// </summary>
[Collection(nameof(MeasuredMemory))] // Its listener would record the requests of other tests.
public sealed class SecretTests : IAsyncLifetime
{
    private const string Password = "password-55d1c0de";
    private const string WrongPassword = "password-88abc0de";
    private const string Target = "target-7f3a9d1c";
    private const string Address = "203.0.113.77";

    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort.Find();
    private readonly KeptLog _log = new(LogLevel.Information);
    private readonly ConcurrentQueue<string> _spans = [];
    private readonly ConcurrentQueue<string> _answers = [];
    private readonly ActivityListener _listener;
    private TerseServer _server = null!;
    private string _key = "";

    public SecretTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Terse", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => _spans.Enqueue(Describe(span)),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async ValueTask InitializeAsync()
    {
        _server = await TerseServer.StartAsync(
            _folder.Path,
            ("Logging:LogLevel:Default", "Information"),
            ("Telemetry:MetricsUrl", UrlOf("")),
            ("Telemetry:RedirectTraceShare", "1"),
            ("Telemetry:RequestLogShare", "1"),
            ("Proxies:Trusted:0", "127.0.0.1"),
            ("Limits:CreationsPerAddress", "20"));
        _server.Services.GetRequiredService<ILoggerFactory>().AddProvider(_log);
        _server.Http.DefaultRequestHeaders.Add("X-Forwarded-For", Address);
        _key = await _server.CreateKeyAsync("creator");
        _server.Http.DefaultRequestHeaders.Remove("X-Api-Key");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _listener.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nothing_that_leaves_the_program_contains_a_secret()
    {
        await SendRequestsOfTheApiAsync();
        await SendVisitsAsync();
        await FailInTheDatabaseAsync();
        await AskAsync(HttpMethod.Get, "/api/v1/audit", AdminKey.Text, body: null);
        await AskAsync(HttpMethod.Get, "/api/v1/keys", AdminKey.Text, body: null);
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(UrlOf("/metrics")));

        var secret = _key.Split('_')[^1];
        string[] telemetry = [.. _log.Lines, .. _spans, metrics];
        Assert.True(_log.Lines.Count > 10 && _spans.Count > 10);
        Assert.Contains(_answers, answer => answer.Contains("/locked", StringComparison.Ordinal));
        foreach (var text in (string[])[Password, WrongPassword, secret, secret[1..]])
            AssertAbsent(text, [.. telemetry, .. _answers]);
        foreach (var text in (string[])[Target, Address])
            AssertAbsent(text, telemetry);
    }

    private async Task SendRequestsOfTheApiAsync()
    {
        const string Links = "/api/v1/links";
        string[] bodies =
        [
            $$"""{"target": "https://{{Target}}.example/", "code": "locked", "password": "{{Password}}"}""",
            $$"""{"target": "https://{{Target}}.example/", "code": "locked", "password": "{{Password}}"}""",
            $$"""{"target": "javascript:{{Target}}", "password": "{{Password}}"}""",
            $$"""{"target": 7, "password": "{{Password}}", "{{Password}}": "{{Password}}"}""",
            $$"""{"target": "https://{{Target}}.example/", "password": ["{{Password}}"]}""",
            $$"""{"target": "https://{{Target}}.example/", "password": "{{Password}}", "expiresIn": "x"}""",
            $$"""{"target": "https://{{Target}}.example/", "password": "{{Password}}""",
        ];
        foreach (var body in bodies)
            await AskAsync(HttpMethod.Post, Links, _key, body);
        await AskAsync(HttpMethod.Patch, Links + "/locked", _key, $$"""{"password": "{{WrongPassword}}"}""");
        await AskAsync(HttpMethod.Patch, Links + "/locked", _key, $$"""{"password": "{{Password}}"}""");
        await AskAsync(HttpMethod.Get, Links, _key[..^1] + "x", body: null);
        await AskAsync(HttpMethod.Get, Links, _key + "x", body: null);
        await AskAsync(HttpMethod.Post, $"{Links}?ifExists=x", _key, bodies[0]);
        await AskAsync(HttpMethod.Delete, "/api/v1/keys/nobody00", _key, body: null);
        await AskAsync(HttpMethod.Get, $"{Links}?q={Target}", _key, body: null);
        for (var number = 0; number < 20; number++)
            await AskAsync(HttpMethod.Post, Links, _key, bodies[2]);
    }

    private async Task SendVisitsAsync()
    {
        foreach (var password in (string[])[Password, WrongPassword])
        {
            using var basic = new HttpRequestMessage(HttpMethod.Get, new Uri("/locked", UriKind.Relative));
            basic.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(":" + password)));
            await AskAsync(basic);
            using var form = new HttpRequestMessage(HttpMethod.Post, new Uri("/locked", UriKind.Relative))
            {
                Content = new FormUrlEncodedContent([new("password", password)]),
            };
            form.Headers.Accept.ParseAdd("text/html");
            await AskAsync(form);
        }

        foreach (var path in (string[])[$"/{Target}", $"/https://{Target}.example/", $"/a?to={Target}"])
            await AskAsync(HttpMethod.Get, path, key: null, body: null);
    }

    /// <summary>Another program locks the database, so creations fail with 503.</summary>
    private async Task FailInTheDatabaseAsync()
    {
        await using var other = new SqliteConnection($"Data Source={_folder["terse.db"]};Pooling=false");
        await other.OpenAsync();
        await using var write = other.CreateCommand();
        write.CommandText = "BEGIN IMMEDIATE";
        await write.ExecuteNonQueryAsync();

        await AskAsync(
            HttpMethod.Patch,
            "/api/v1/links/locked",
            _key,
            $$"""{"target": "https://{{Target}}.example/2"}""");

        Assert.Contains(_log.Lines, line => line.Contains("503", StringComparison.Ordinal));
        write.CommandText = "ROLLBACK";
        await write.ExecuteNonQueryAsync();
    }

    private async Task AskAsync(HttpMethod method, string path, string? key, string? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        await AskAsync(request);
    }

    private async Task AskAsync(HttpRequestMessage request)
    {
        using var answer = await _server.Http.SendAsync(request);
        Assert.NotEqual(HttpStatusCode.InternalServerError, answer.StatusCode);
        _answers.Enqueue(await answer.Content.ReadAsStringAsync());
    }

    private static void AssertAbsent(string secret, IEnumerable<string> texts) => Assert.DoesNotContain(
        texts, text => text.Contains(secret, StringComparison.OrdinalIgnoreCase));

    private static string Describe(Activity span) => string.Join(
        '\n',
        [
            span.DisplayName,
            span.StatusDescription,
            .. span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"),
            .. span.Events.SelectMany(@event => @event.Tags).Select(tag => $"{tag.Key}={tag.Value}"),
        ]);

    private string UrlOf(string path) =>
        string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}{path}");
}
