using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Terse.Access;
using Terse.Harness;

namespace Terse.Tests.Access;

public sealed class RefusalLogTests : IDisposable
{
    private const string Links = "/api/v1/links";
    private const string Unknown = "terse_unknown0_abcdefghijklmnopqrstuvwxyz012345";

    private readonly FakeTimeProvider _time = new();
    private readonly KeptLog _log = new(LogLevel.Information);
    private readonly RefusalLog _refusals;

    public RefusalLogTests()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _refusals = new RefusalLog(_time, factory.CreateLogger<RefusalLog>());
    }

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_refused_request_leaves_a_line_with_the_reason_and_the_id_but_without_the_secret()
    {
        await using var server = await StartAsync();
        var keys = server.Services.GetRequiredService<IKeyStore>();
        var expired = new ApiKey("expired0", "old", Role.Viewer, KeyScope.All, KeyText.New().Hash())
        {
            CreatedAt = TimeProvider.System.GetUtcNow(),
            ExpiresAt = DateTimeOffset.UnixEpoch,
        };
        var expiredText = KeyText.NewSecret(expired.Id);
        await keys.AddAsync(expired with { SecretHash = expiredText.Hash() }, Actor.None, default);
        var viewer = await server.CreateKeyAsync("viewer");
        var id = viewer.Split('_')[1];
        var wrong = $"terse_{id}_{new string('w', 32)}";

        await AssertLogsAsync(server, null, 401, "no key was sent", "none");
        await AssertLogsAsync(server, "terse_short", 401, "the key is not complete", "none");
        await AssertLogsAsync(server, Unknown, 401, "the key is unknown, or its secret is wrong", "unknown0");
        await AssertLogsAsync(server, wrong, 401, "the key is unknown, or its secret is wrong", id);
        await AssertLogsAsync(server, expiredText.Reveal(), 401, "the key is expired", "expired0");
        await AssertLogsAsync(server, viewer, 403, "the role of the key is viewer, not creator", id);
        using var revoked = await server.SendAsAsync(
            AdminKey.Text, HttpMethod.Delete, $"{AccessServer.Keys}/{id}");
        await AssertLogsAsync(server, viewer, 401, "the key is revoked", id);

        foreach (var key in new[] { Unknown, wrong, expiredText.Reveal(), viewer })
            Assert.DoesNotContain(key.Split('_')[2], string.Concat(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_with_several_keys_leaves_a_line_without_any_of_them()
    {
        await using var server = await StartAsync();

        using var response = await server.SendAsAsync(
            AdminKey.Text, HttpMethod.Get, Links, body: null, ("X-Api-Key", Unknown));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(
            $"The request GET {Links} was refused with status 401: several keys were sent (key: none).",
            Assert.Single(Refused()));
    }

    [Fact]
    public async Task A_change_of_a_link_that_another_key_created_leaves_a_line()
    {
        await using var server = await StartAsync();
        await server.CreateCodeAsync("https://example.com/", "taken");
        var creator = await server.CreateKeyAsync("creator");

        using var response = await server.SendAsAsync(creator, HttpMethod.Delete, $"{Links}/taken");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        var line = Assert.Single(Refused());
        Assert.StartsWith("The request DELETE ", line, StringComparison.Ordinal);
        Assert.EndsWith(
            " was refused with status 403: the key may not create or change the link "
                + $"(key: {creator.Split('_')[1]}).",
            line,
            StringComparison.Ordinal);
        Assert.DoesNotContain("taken", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operation_that_a_limited_key_may_not_call_and_too_many_wrong_keys_leave_lines()
    {
        await using var server = await StartAsync(("Limits:FailedKeysPerAddress", "1"));
        var limited = await server.CreateKeyAsync("admin", ["default"]);

        using var audit = await server.SendAsAsync(limited, HttpMethod.Get, "/api/v1/audit");
        using var first = await server.SendAsAsync(Unknown, HttpMethod.Get, Links);
        using var second = await server.SendAsAsync(Unknown, HttpMethod.Get, Links);

        Assert.Equal(
            (HttpStatusCode.Forbidden, HttpStatusCode.TooManyRequests),
            (audit.StatusCode, second.StatusCode));
        Assert.Equal(
            [
                "The request GET /api/v1/audit was refused with status 403: "
                    + $"the key is limited to domains or tags (key: {limited.Split('_')[1]}).",
                $"The request GET {Links} was refused with status 401: "
                    + "the key is unknown, or its secret is wrong (key: unknown0).",
                $"The request GET {Links} was refused with status 429: too many wrong keys (key: unknown0).",
            ],
            Refused());
    }

    [Fact]
    public async Task A_request_that_is_allowed_and_a_request_outside_of_the_API_leave_no_line()
    {
        await using var server = await StartAsync();
        using var list = await server.SendAsAsync(AdminKey.Text, HttpMethod.Get, Links);
        using var page = await server.SendAsAsync(Unknown, HttpMethod.Get, "/nothing");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (list.StatusCode, page.StatusCode));
        Assert.Empty(Refused());
    }

    [Fact]
    public void A_flood_from_one_address_leaves_ten_lines_a_minute_and_hides_no_other_address()
    {
        for (var request = 0; request < 1000; request++)
            Refuse("192.0.2.1");
        Assert.Equal(RefusalLog.LinesPerClient, _log.Lines.Count);

        Refuse("192.0.2.2");

        Assert.Equal(RefusalLog.LinesPerClient + 2, _log.Lines.Count);
        Assert.StartsWith(
            "990 refused requests were not logged", _log.Lines.ElementAt(^2), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_from_many_addresses_leaves_a_hundred_lines_a_minute()
    {
        for (var request = 0; request < 10_000; request++)
            Refuse(new IPAddress(0x0A000000 + request).ToString());
        Assert.Equal(RefusalLog.Lines, _log.Lines.Count);

        _time.Advance(TimeSpan.FromMinutes(1));
        Refuse("192.0.2.1");
        Refuse("192.0.2.1");

        Assert.Equal(RefusalLog.Lines + 3, _log.Lines.Count);
        Assert.StartsWith(
            "9900 refused requests were not logged",
            _log.Lines.ElementAt(RefusalLog.Lines),
            StringComparison.Ordinal);
    }

    private async Task<TerseServer> StartAsync(params (string Key, string Value)[] settings)
    {
        var server = await TerseServer.StartAsync(settings);
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(_log);
        return server;
    }

    /// <summary>Creates a link with a key, and asserts that the server refuses and logs this.</summary>
    private async Task AssertLogsAsync(
        TerseServer server, string? key, int status, string reason, string keyId)
    {
        using var response = await server.SendAsAsync(
            key, HttpMethod.Post, Links, """{"target": "https://example.com/"}""");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(
            $"The request POST {Links} was refused with status {status}: {reason} (key: {keyId}).",
            Refused().Last());
    }

    private void Refuse(string address)
    {
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
        _refusals.Write(context, 401, "the key is not complete", keyId: null);
    }

    private IEnumerable<string> Refused() =>
        _log.Lines.Where(line => line.Contains("refused", StringComparison.Ordinal));
}
