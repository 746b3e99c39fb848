using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Domains;
using Terse.Harness;
using Terse.Hosting;
using Terse.Redirects;
using Terse.Tests.Redirects;
using Terse.Web;

namespace Terse.Tests.Hosting;

public sealed class ConfigWatcherTests : IAsyncDisposable
{
    private const string First = """{ "Redirects": { "CacheControl": "no-store" } }""";

    private readonly TemporaryFolder _folder = new();
    private readonly ConfigSource _source;
    private readonly WebApplication _app;
    private readonly ConfigState _state;

    public ConfigWatcherTests()
    {
        _source = new(new FileObjects(_folder.Path, TimeProvider.System), "terse.json");
        _app = Program.BuildServer(
            [
                new("Storage:Folder", _folder["data"]),
                new("Server:Name", "web-1"),
                new("Limits:CreationsPerAddress", "7"),
                new("Telemetry:LogFormat", "text"),
            ],
            new ConfigStart(Parse(First), new(_source, new(_folder["data"]))));
        _state = _app.Services.GetRequiredService<ConfigState>();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Live_settings_are_used_at_once_and_the_others_wait_for_a_restart()
    {
        const string Text =
            """
            {
              "Redirects": { "CacheControl": "private, max-age=5" },
              "Cache": { "MaxEntries": 200 },
              "Limits": { "CreationsPerKey": 3 },
              "Logging": { "LogLevel": { "Terse.Some": "Debug" } },
              "Codes": { "Strategy": "random" },
              "Web": { "CorsOrigins": ["https://a.example"] }
            }
            """;
        await CheckAsync(Text);

        Assert.Equal("private, max-age=5", CacheControl);
        Assert.Equal(3, Value<LimitOptions>().CreationsPerKey);
        Assert.Equal(200, Value<CacheOptions>().MaxEntries);
        Assert.True(_app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Terse.Some")
            .IsEnabled(LogLevel.Debug));
        Assert.Null(_app.Configuration["Codes:Strategy"]);
        Assert.Equal(["Codes:Strategy", "Web:CorsOrigins"], _state.Status.NeedsRestart);
        Assert.Equal(Parse(Text).Version, _state.Status.Version);
    }

    [Fact]
    public async Task Caches_limits_short_URLs_and_logs_follow_the_live_settings()
    {
        var cache = _app.Services.GetRequiredService<BoundedLinkTable>();
        var limits = _app.Services.GetRequiredService<CreationLimits>();
        var log = _app.Services.GetRequiredService<RequestLog>();
        var freshness = _app.Services.GetRequiredService<LinkFreshness>();
        for (var number = 0; number < 300; number++)
            cache.Put(TestLinks.NewCached($"code-{number}"));
        var context = NewContext();
        var earlier = TimeProvider.System.GetTimestamp() - (30 * TimeProvider.System.TimestampFrequency);
        freshness.OnComplete(TimeProvider.System.GetTimestamp());
        Assert.Equal(CopyState.Fresh, freshness.Of(earlier, TimeProvider.System.GetTimestamp()));

        await CheckAsync(
            """
            {
              "Cache": { "MaxEntries": 200, "MaxAge": "00:00:20" },
              "Domains": { "Scheme": "https" },
              "Telemetry": { "RequestLogShare": 1 }
            }
            """);

        Assert.Equal(200, cache.Count);
        Assert.Equal(CopyState.Stale, freshness.Of(earlier, TimeProvider.System.GetTimestamp()));
        Assert.Equal("https", _app.Services.GetRequiredService<DomainMap>().Scheme);
        Assert.True(log.TakeShare());
        Assert.Equal(7, TakeAll(limits, context));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(3, 3)]
    public void A_limit_of_creations_can_be_changed_and_turned_off(int quota, int allowed)
    {
        var options = new ChangeableOptions<LimitOptions>(new() { CreationsPerAddress = 2 });
        using var figures = new Figures();
        var limits = new CreationLimits(options, new LimitMetrics(figures), TimeProvider.System);
        var context = NewContext();

        options.Change(new() { CreationsPerAddress = quota });

        Assert.Equal(allowed, TakeAll(limits, context));
    }

    [Fact]
    public async Task A_setting_that_went_back_no_longer_waits_for_a_restart()
    {
        await CheckAsync("""{ "Codes": { "Strategy": "random" } }""");
        Assert.NotEmpty(_state.Status.NeedsRestart);

        await CheckAsync(First);

        Assert.Empty(_state.Status.NeedsRestart);
    }

    [Fact]
    public async Task A_setting_of_the_server_itself_keeps_its_value()
    {
        await CheckAsync("""{ "Limits": { "CreationsPerAddress": 9 }, "Server": {} }""");

        Assert.Equal(7, Value<LimitOptions>().CreationsPerAddress);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("""{ "Redirects": { "CacheControl": "private, max""", "cannot be parsed")]
    [InlineData("""{ "Redirects": { "CacheControll": "private" } }""", "Unknown setting")]
    [InlineData("""{ "Redirects": { "CacheControl": null } }""", "is ''")]
    [InlineData("""{ "Redirects": { "CacheControl": "\ud800" } }""", "cannot be parsed")]
    [InlineData("""{ "Logging": { "Console": { "MaxQueueLength": -1 } } }""", "out of the range")]
    [InlineData("""{ "Logging": { "Console": { "LogLevel": { "Default": "Foo" } } } }""", "Foo")]
    [InlineData("""{ "Blocks": { "File": "/nowhere/blocks" } }""", "/nowhere/blocks")]
    [InlineData("""{ "Cache": { "MaxEntries": 1 } }""", "set it to 100 to 100000000")]
    [InlineData("""{ "Cache": { "MaxEntries": "many" } }""", "a whole number")]
    [InlineData("""{ "Logging": { "LogLevel": { "Default": "Loud" } } }""", "Logging:LogLevel:Default")]
    [InlineData("""{ "Urls": "http://127.0.0.1:80" }""", "belongs to one server")]
    [InlineData("""{ "Server": { "Name": "a" } }""", "belongs to one server")]
    [InlineData("""{ "Config": { "Source": "b" } }""", "belongs to one server")]
    [InlineData("""{ "OTEL_SERVICE_NAME": "a" }""", "belongs to one server")]
    [InlineData("""{ "Codes": { "Secret": "0123456789012345678901234567890123" } }""", "is a secret")]
    [InlineData("""{ "Codes": { "Secret": "file:/nowhere" } }""", "cannot be used")]
    public async Task A_wrong_document_changes_nothing(string text, string reason)
    {
        await CheckAsync("""{ "Redirects": { "CacheControl": "private, max-age=5" } }""");
        var version = _state.Status.Version;

        await CheckAsync(text);

        Assert.Equal("private, max-age=5", CacheControl);
        Assert.Equal(version, _state.Status.Version);
        Assert.Equal(ConfigDocument.VersionOf(Encoding.UTF8.GetBytes(text)), _state.Status.Refused);
        Assert.Contains(reason, _state.Status.Problem, StringComparison.Ordinal);
        Assert.Equal(version, new ConfigCopy(_folder["data"]).Read()!.Version);

        await CheckAsync(First);

        Assert.Equal("no-store", CacheControl);
        Assert.Null(_state.Status.Problem);
        Assert.Null(_state.Status.Refused);
    }

    [Fact]
    public async Task A_document_that_is_gone_changes_nothing()
    {
        await CheckAsync("""{ "Redirects": { "CacheControl": "private, max-age=5" } }""");
        File.Delete(_folder["terse.json"]);

        await Watcher.CheckAsync(CancellationToken.None);

        Assert.Equal("private, max-age=5", CacheControl);
        Assert.Contains("does not exist", _state.Status.Problem, StringComparison.Ordinal);

        await CheckAsync("""{ "Redirects": { "CacheControl": "private, max-age=5" } }""");

        Assert.Null(_state.Status.Problem);
    }

    [Fact]
    public async Task A_trial_is_used_by_the_servers_that_it_names_and_leaves_no_copy()
    {
        const string Before = """{ "Redirects": { "CacheControl": "private, max-age=1" } }""";
        await CheckAsync(Before);
        const string Tried = """{ "Redirects": { "CacheControl": "private, max-age=9" } }""";
        await _source.BeginTrialAsync(new ConfigTrial(["web-2"], Tried).ToBytes(), default);
        await Watcher.CheckAsync(CancellationToken.None);
        Assert.Equal("private, max-age=1", CacheControl);
        await _source.EndTrialAsync(default);

        await _source.BeginTrialAsync(new ConfigTrial(["web-1"], Tried).ToBytes(), default);
        await Watcher.CheckAsync(CancellationToken.None);
        Assert.Equal("private, max-age=9", CacheControl);
        Assert.True(_state.Status.IsTrial);
        Assert.Equal(Before, new ConfigCopy(_folder["data"]).Read()!.Text);

        await _source.EndTrialAsync(default);
        await Watcher.CheckAsync(CancellationToken.None);
        Assert.Equal("private, max-age=1", CacheControl);
        Assert.False(_state.Status.IsTrial);
    }

    [Fact]
    public async Task A_trial_that_is_published_becomes_the_copy()
    {
        const string Tried = """{ "Redirects": { "CacheControl": "private, max-age=9" } }""";
        await CheckAsync(First);
        await _source.BeginTrialAsync(new ConfigTrial(["web-1"], Tried).ToBytes(), default);
        await Watcher.CheckAsync(CancellationToken.None);

        await _source.PublishAsync(
            Encoding.UTF8.GetBytes(Tried), await _source.ReadAsync(default), default);
        await _source.EndTrialAsync(default);
        await Watcher.CheckAsync(CancellationToken.None);

        Assert.False(_state.Status.IsTrial);
        Assert.Equal(Tried, new ConfigCopy(_folder["data"]).Read()!.Text);
    }

    [Fact]
    public async Task The_hash_of_the_configuration_follows_the_settings_that_the_server_uses()
    {
        var identity = _app.Services.GetRequiredService<ServerIdentity>();
        var hash = identity.ConfigurationHash;

        await CheckAsync("""{ "Redirects": { "CacheControl": "private, max-age=5" } }""");

        Assert.NotEqual(hash, identity.ConfigurationHash);
        await CheckAsync(First);
        Assert.Equal(hash, identity.ConfigurationHash);
    }

    private static DefaultHttpContext NewContext() =>
        new() { Connection = { RemoteIpAddress = IPAddress.Parse("192.0.2.7") } };

    /// <summary>Returns how many of 100 creations are allowed.</summary>
    private static int TakeAll(CreationLimits limits, HttpContext context) =>
        Enumerable.Range(0, 100).Count(_ => limits.Take(context, out var _) is null);

    private ConfigWatcher Watcher => _app.Services.GetRequiredService<ConfigWatcher>();

    private string CacheControl =>
        _app.Services.GetRequiredService<RedirectHeaders>().CacheControlOf(302).ToString();

    private async Task CheckAsync(string text)
    {
        await File.WriteAllTextAsync(_folder["terse.json"], text);
        await Watcher.CheckAsync(CancellationToken.None);
    }

    private T Value<T>() => _app.Services.GetRequiredService<IOptionsMonitor<T>>().CurrentValue;

    private static ConfigDocument Parse(string text) => ConfigDocument.Parse(Encoding.UTF8.GetBytes(text));
}
