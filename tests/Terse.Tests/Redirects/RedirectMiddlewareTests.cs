using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Terse.Access;
using Terse.Domains;
using Terse.Harness;
using Terse.Links;
using Terse.Redirects;
using Terse.Storage.Sqlite;
using Terse.Visits;
using Terse.Web;

namespace Terse.Tests.Redirects;

[Collection(nameof(MeasuredMemory))]
public sealed class RedirectMiddlewareTests : IDisposable
{
    private const string Firefox = Follower.Browser;

    private readonly TemporaryFolder _folder = new();
    private readonly TestCache _test = new(blocked: "evil.example");

    private ServiceProvider? _services;

    [Theory]
    [InlineData(null)]
    [InlineData("go.example.com")]
    public async Task A_redirect_of_a_cached_link_allocates_nothing(string? otherDomain)
    {
        _test.Store.Put("sale");
        await _test.FollowAsync("sale");
        _test.Store.IsLost = true;
        var measured = Measure(NewPipeline(otherDomain));

        Assert.Equal(Measure(RedirectBarely), measured);
        Assert.Equal(1, _test.Store.Reads);
    }

    [Theory]
    [InlineData("GET", "/sale", 302, "followed")]
    [InlineData("HEAD", "/sale", 302, "followed")]
    [InlineData("GET", "/sale/", 302, "followed")]
    [InlineData("GET", "/sale+", 200, null)]
    [InlineData("GET", "/unknown", 404, "unknown")]
    [InlineData("GET", "/unknown+", 404, null)]
    [InlineData("GET", "/expired", 410, "expired")]
    [InlineData("GET", "/deleted", 410, "deleted")]
    [InlineData("GET", "/usedup", 410, "used_up")]
    [InlineData("GET", "/limited", 302, "followed")]
    [InlineData("GET", "/limited+", 200, null)]
    [InlineData("GET", "/blocked", 403, "blocked")]
    [InlineData("GET", "/blocked+", 403, null)]
    [InlineData("POST", "/sale", 405, null)]
    [InlineData("GET", "/", 299, null)]
    [InlineData("GET", "/+", 299, null)]
    [InlineData("GET", "//", 299, null)]
    [InlineData("GET", "/sale//", 404, "unknown")]
    [InlineData("GET", "/sale/more", 404, "unknown")]
    [InlineData("GET", "/api/more", 299, null)]
    [InlineData("GET", "/a b", 299, null)]
    [InlineData("GET", "/Robots.txt", 299, null)]
    [InlineData("GET", "/livez", 299, null)]
    public async Task Every_request_for_a_code_is_counted_and_other_requests_go_to_the_next_middleware(
        string method, string path, int status, string? outcome)
    {
        PutLinks();
        var context = NewContext(method, path);
        await NewPipeline(otherDomain: null)(context);

        Assert.Equal(status, context.Response.StatusCode);
        foreach (var name in new[] { "followed", "unknown", "expired", "blocked", "deleted", "used_up" })
            Assert.Equal(name == outcome ? 1 : 0, _test.Figure($"terse.redirects {name}"));
    }

    [Theory]
    [InlineData("/unknown", "link-not-found")]
    [InlineData("/expired", "link-expired")]
    [InlineData("/deleted", "link-deleted")]
    [InlineData("/usedup", "link-used-up")]
    [InlineData("/blocked", "link-blocked")]
    public async Task A_link_that_cannot_be_followed_is_answered_with_its_own_problem_type(
        string path, string type)
    {
        PutLinks();
        var context = NewContext("GET", path);
        using var body = new MemoryStream();
        context.Response.Body = body;
        await NewPipeline(otherDomain: null)(context);

        using var problem = JsonDocument.Parse(body.ToArray());
        Assert.Equal("urn:problem-type:terse:" + type, problem.RootElement.GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("/unknown", "new.example", 503)]
    [InlineData("/expired", "new.example", 503)]
    [InlineData("/sale/more", "new.example", 503)]
    [InlineData("/sale", "new.example", 302)]
    [InlineData("/unknown", "example.com", 404)]
    public async Task When_the_domains_may_be_outdated_only_known_hosts_are_answered_not_found(
        string path, string host, int status)
    {
        PutLinks();
        var pipeline = NewPipeline(otherDomain: null);
        var domains = _services!.GetRequiredService<DomainMap>();
        var stored = new Domain(1, "", new() { Host = "example.com" });
        domains.Table = new([stored]) { ReadAt = _test.Time.GetTimestamp() };
        _test.Time.Advance(DomainLoader.LeaseDuration);
        var context = NewContext("GET", path);
        context.Request.Headers.Host = host;

        await pipeline(context);

        Assert.Equal(status, context.Response.StatusCode);
    }

    private void PutLinks()
    {
        foreach (var code in new[] { "sale", "expired", "deleted", "usedup", "limited" })
            _test.Store.Put(code);
        Change("expired", link => link with { ExpiresAt = DateTimeOffset.UnixEpoch });
        Change("deleted", link => link with { DeletedAt = DateTimeOffset.UnixEpoch });
        Change("usedup", link => link with { MaxVisits = 0 });
        Change("limited", link => link with { MaxVisits = 1 });
        _test.Store.Put("blocked", "https://evil.example/");
    }

    [Fact]
    public async Task A_limited_link_is_followed_up_to_its_limit_and_previews_do_not_count()
    {
        _test.Store.Put("limited");
        Change("limited", link => link with { MaxVisits = 2 });
        var pipeline = NewPipeline(otherDomain: null);
        var statuses = new List<int>();
        foreach (var path in new[] { "/limited", "/limited+", "/limited", "/limited", "/limited" })
        {
            var context = NewContext("GET", path);
            await pipeline(context);
            statuses.Add(context.Response.StatusCode);
        }

        Assert.Equal([302, 200, 302, 410, 410], statuses);
    }

    /// <summary>
    /// The link has one visit. The last column says whether the request uses up this visit.
    /// </summary>
    [Theory]
    [InlineData("GET", "User-Agent", Firefox, 302, true)]
    [InlineData("GET", "User-Agent", "curl/8.5.0", 302, true)]
    [InlineData("GET", "User-Agent", "Twitterbot/1.0", 200, false)]
    [InlineData("GET", "User-Agent", "WhatsApp/2.23.20.0", 200, false)]
    [InlineData("GET", "User-Agent", "", 200, false)]
    [InlineData("GET", "Accept", "text/html", 200, false)]
    [InlineData("HEAD", "User-Agent", Firefox, 200, false)]
    [InlineData("GET", "Sec-Purpose", "prefetch", 403, false)]
    [InlineData("GET", "Sec-Purpose", "prefetch;prerender", 403, false)]
    [InlineData("HEAD", "Purpose", "prefetch", 403, false)]
    public async Task Only_a_client_that_follows_a_limited_link_uses_up_a_visit(
        string method, string header, string value, int status, bool isUsedUp)
    {
        PutLinks();
        var pipeline = NewPipeline(otherDomain: null);
        var context = NewContext(method, "/limited");
        context.Request.Headers.UserAgent = StringValues.Empty;
        context.Request.Headers[header] = value;
        using var body = new MemoryStream();
        context.Response.Body = body;
        await pipeline(context);
        var next = NewContext("GET", "/limited");
        await pipeline(next);

        Assert.Equal(status, context.Response.StatusCode);
        Assert.Equal("no-store", context.Response.Headers.CacheControl);
        Assert.Equal(isUsedUp ? 410 : 302, next.Response.StatusCode);
        Assert.Equal(isUsedUp, context.Response.Headers.ContainsKey("Location"));
        Assert.DoesNotContain(
            "https://example.com/", Encoding.UTF8.GetString(body.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/limited")]
    [InlineData("/limited+")]
    public async Task A_link_preview_robot_sees_the_name_of_a_limited_link_and_never_its_target(string path)
    {
        PutLinks();
        var context = NewContext("GET", path);
        context.Request.Headers.UserAgent = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";
        using var body = new MemoryStream();
        context.Response.Body = body;
        await NewPipeline(otherDomain: null)(context);
        var page = Encoding.UTF8.GetString(body.ToArray());

        Assert.Equal(200, context.Response.StatusCode);
        Assert.Equal("noindex", context.Response.Headers["X-Robots-Tag"]);
        Assert.Contains("<title>example.com/limited</title>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://example.com/", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.Equal(0, _test.Figure("terse.redirects followed"));
    }

    [Fact]
    public async Task A_request_for_an_uncached_link_gets_503_while_the_store_is_lost()
    {
        _test.Store.IsLost = true;
        var context = NewContext("GET", "/sale");
        await NewPipeline(otherDomain: null)(context);

        Assert.Equal(503, context.Response.StatusCode);
        Assert.Equal("1", context.Response.Headers.RetryAfter);
        Assert.Equal("application/problem+json", context.Response.ContentType);
    }

    public void Dispose()
    {
        _services?.Dispose();
        _test.Dispose();
        _folder.Dispose();
    }

    private void Change(string code, Func<Link, Link> change) =>
        _test.Store.Links[code] = change(_test.Store.Links[code]);

    private RequestDelegate NewPipeline(string? otherDomain)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton(Options.Create(new DomainOptions
        {
            Others = otherDomain is null ? [] : [otherDomain],
            Default = "example.com",
        }));
        services.AddRedirects(_ => "");
        services.AddSingleton<PasswordHasher>();
        services.AddSingleton<LimitMetrics>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<RedirectSampler>();
        // No link here has a password whose hash could be replaced.
        services.AddSingleton(_ =>
            new LinkChanger(
                null!, null!, null!, null!, null!, null!, null!, null!, TimeProvider.System));
        // No test here reports a link.
        services.AddSingleton<IReportStore>(_ => new SqliteReportStore(null!, null!));
        services.AddSingleton<DomainMap>();
        services.AddSingleton(_test.Blocks);
        services.AddVisits(_ => _folder.Path);
        services.AddSingleton<IVisitorSaltStore>(new TestSalts(_test.Time));
        services.AddSingleton<ILinkStore>(_test.Store);
        services.AddSingleton<ILinkReader>(_test.Store);
        services.AddSingleton<ISlashCodeStore>(_test.Store);
        services.AddSingleton<TimeProvider>(_test.Time);
        services.AddSingleton(_test.Metrics);
        services.AddSingleton(_test.Cache);
        services.AddSingleton(_test.Loader);
        _services = services.BuildServiceProvider();
        var app = new ApplicationBuilder(_services);
        app.UseRedirects();
        app.Run(context =>
        {
            context.Response.StatusCode = 299;
            return Task.CompletedTask;
        });
        return app.Build();
    }

    private static DefaultHttpContext NewContext(string method, string path)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Path = path;
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = path;
        context.Request.Headers.Host = "example.com";
        context.Request.Headers.UserAgent = Firefox;
        context.Response.Body = Stream.Null;
        return context;
    }

    /// <summary>
    /// Returns how many bytes this thread allocates for 10,000 responses. All responses use the same
    /// <see cref="HttpContext"/>, so that only the allocations of the handler count.
    /// </summary>
    private static long Measure(RequestDelegate handler)
    {
        var context = NewContext("GET", "/sale");
        var before = 0L;
        for (var time = 0; time < 20_000; time++)
        {
            if (time == 10_000)
                before = GC.GetAllocatedBytesForCurrentThread();
            context.Response.Headers.Clear();
            Assert.True(handler(context).IsCompletedSuccessfully);
        }

        Assert.Equal("https://example.com/", context.Response.Headers.Location);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static Task RedirectBarely(HttpContext context)
    {
        context.Response.StatusCode = 302;
        context.Response.ContentLength = 0;
        context.Response.Headers.Location = "https://example.com/";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Robots-Tag"] = new StringValues("noindex");
        return Task.CompletedTask;
    }
}
