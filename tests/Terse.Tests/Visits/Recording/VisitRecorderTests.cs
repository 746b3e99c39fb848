using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitRecorderTests : IDisposable
{
    private const int Slots = 64;

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly VisitFolder _visits;
    private readonly VisitMetrics _metrics;
    private readonly VisitRecorder _recorder;

    public VisitRecorderTests()
    {
        _visits = SpoolerHarness.OpenFolder(_folder.Path, Slots, 1 << 20);
        _metrics = new VisitMetrics(
            _services.GetRequiredService<IMeterFactory>(), _visits);
        var country = new CountrySource("CF-IPCountry", null);
        _recorder = new VisitRecorder(_visits.Ring, _metrics, country, new FakeTimeProvider(Now));
    }

    public void Dispose()
    {
        _visits.Dispose();
        _services.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_recorded_visit_has_link_time_and_headers()
    {
        Record(
            ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
            ("Referer", "https://user@news.example:8443/article?id=1"),
            ("CF-IPCountry", "DE"));

        Assert.True(_visits.Ring.TryRead(0, out var visit));
        Assert.Equal((RedirectOutcome.Followed, 42L), (visit.Outcome, visit.Link));
        Assert.Equal(Now, DateTimeOffset.FromUnixTimeMilliseconds(visit.At));
        Assert.Equal("Mozilla/5.0 (X11; Linux x86_64)", Encoding.UTF8.GetString(visit.UserAgent));
        Assert.Equal("news.example", Encoding.UTF8.GetString(visit.Referrer));
        Assert.Equal("DE", Encoding.UTF8.GetString(visit.Country));
        Assert.False(visit.IsPrivate);
    }

    [Theory]
    [InlineData("DNT")]
    [InlineData("Sec-GPC")]
    public void A_visitor_who_asks_not_to_be_tracked_leaves_no_texts_in_the_file(string header)
    {
        Record(
            (header, "1"),
            ("User-Agent", "Mozilla/5.0"),
            ("Referer", "https://news.example/"),
            ("CF-IPCountry", "DE"));

        Assert.True(_visits.Ring.TryRead(0, out var visit));
        Assert.True(visit.IsPrivate);
        Assert.Equal(0, visit.UserAgent.Length + visit.Referrer.Length + visit.Country.Length);
        var file = Encoding.UTF8.GetString(File.ReadAllBytes(_folder["visits.ring"]));
        Assert.DoesNotContain("Mozilla", file, StringComparison.Ordinal);
        Assert.DoesNotContain("news.example", file, StringComparison.Ordinal);
        Assert.Equal(42, visit.Link);
    }

    [Fact]
    public void Too_long_texts_are_cut()
    {
        Record(
            ("User-Agent", new string('u', 5_000)),
            ("Referer", $"https://{new string('r', 5_000)}/"),
            ("CF-IPCountry", "Germany"));

        Assert.True(_visits.Ring.TryRead(0, out var visit));
        Assert.Equal(new string('r', 128), Encoding.UTF8.GetString(visit.Referrer));
        Assert.Equal(new string('u', 224), Encoding.UTF8.GetString(visit.UserAgent));
        Assert.Equal(0, visit.Country.Length);
    }

    [Fact]
    public void The_name_of_a_rule_is_recorded_whole_however_long_the_other_texts_are()
    {
        var rule = string.Concat(Enumerable.Repeat("\U0001F35E", 16));
        var context = ContextOf(
            ("User-Agent", new string('u', 5_000)), ("Referer", $"https://{new string('r', 5_000)}/"));
        _recorder.Record(RedirectOutcome.Followed, 42, context.Request, rule);

        Assert.True(_visits.Ring.TryRead(0, out var visit));
        Assert.Equal(rule, Encoding.UTF8.GetString(visit.Rule));
        Assert.Equal(new string('r', 128), Encoding.UTF8.GetString(visit.Referrer));
        Assert.Equal(new string('u', 160), Encoding.UTF8.GetString(visit.UserAgent));
    }

    [Fact]
    public void A_visitor_who_asks_not_to_be_tracked_leaves_no_rule()
    {
        _recorder.Record(RedirectOutcome.Followed, 42, ContextOf(("DNT", "1")).Request, "한국어");

        Assert.True(_visits.Ring.TryRead(0, out var visit));
        Assert.Equal((true, 0), (visit.IsPrivate, visit.Rule.Length));
    }

    [Theory]
    [InlineData("\U0001F35E\U0001F35E.example", "\U0001F35E\U0001F35E.example")]
    [InlineData("\u043F\u0440\u0438.example", "\u043F\u0440\u0438.example")]
    [InlineData("\u0142ink.example", "\u0142ink.example")]
    [InlineData("b\u00FCcher.example", "b\u00FCcher.example")]
    public void A_referrer_and_a_user_agent_in_any_script_are_recorded_as_they_are(
        string host, string recorded)
    {
        Record(("User-Agent", "Mozilla/5.0 \U0001F35E (X11)"), ("Referer", $"https://{host}/"));

        Assert.True(_visits.Ring.TryRead(0, out var visit));
        Assert.Equal(recorded, Encoding.UTF8.GetString(visit.Referrer));
        Assert.Equal("Mozilla/5.0 \U0001F35E (X11)", Encoding.UTF8.GetString(visit.UserAgent));
    }

    /// <summary>A character that does not fit into the slot as a whole is left out.</summary>
    [Fact]
    public void Too_long_texts_of_any_script_are_cut_between_characters()
    {
        var bread = string.Concat(Enumerable.Repeat("\U0001F35E", 200));
        Record(("User-Agent", "u" + bread), ("Referer", $"https://rr{bread}/"));

        Assert.True(_visits.Ring.TryRead(0, out var visit));
        Assert.Equal("rr" + bread[..(2 * 31)], Encoding.UTF8.GetString(visit.Referrer));
        Assert.Equal("u" + bread[..(2 * 56)], Encoding.UTF8.GetString(visit.UserAgent));
    }

    [Theory]
    [InlineData("GET", "User-Agent", "Mozilla/5.0", false)]
    [InlineData("HEAD", "User-Agent", "Mozilla/5.0", true)]
    [InlineData("GET", "Sec-Purpose", "prefetch", true)]
    [InlineData("GET", "Sec-Purpose", "prefetch;prerender", true)]
    [InlineData("GET", "Purpose", "Prefetch", true)]
    [InlineData("GET", "Purpose", "preview", true)]
    [InlineData("GET", "Sec-Purpose", "", false)]
    [InlineData("GET", "Purpose", "navigation", false)]
    public void A_HEAD_request_a_prefetch_and_a_prerender_are_recorded_as_bots(
        string method, string header, string value, bool isBot)
    {
        Record(method, (header, value));

        Assert.True(_visits.Ring.TryRead(0, out var visit));
        Assert.Equal(isBot, visit.IsBot);
    }

    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", false)]
    [InlineData("curl/8.5.0", true)]
    [InlineData("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", true)]
    [InlineData("", true)]
    [InlineData(null, true)]
    public void A_program_that_asks_not_to_be_tracked_is_still_a_bot(string? userAgent, bool isBot)
    {
        for (var time = 0; time < 2; time++)
        {
            if (userAgent is null)
                Record(("DNT", "1"));
            else
                Record(("DNT", "1"), ("User-Agent", userAgent));
            Assert.True(_visits.Ring.TryRead(time, out var visit));
            Assert.Equal((true, isBot, 0), (visit.IsPrivate, visit.IsBot, visit.UserAgent.Length));
        }
    }

    [Fact]
    public void Visits_beyond_a_full_ring_are_counted_as_lost()
    {
        for (var visit = 0; visit < Slots + 3; visit++)
            Record(("User-Agent", "Mozilla/5.0"));

        Assert.Equal((Slots, 3), (_visits.Ring.Written, _metrics.Lost));
    }

    [Theory]
    [InlineData("CF-IPCountry", "DE")]
    [InlineData("DNT", "1")]
    [InlineData("Sec-Purpose", "prefetch")]
    public void Recording_a_visit_allocates_nothing(string name, string value)
    {
        var context = ContextOf(
            ("User-Agent", "Mozilla/5.0"), ("Referer", "https://a.example/"), (name, value));
        _recorder.Record(RedirectOutcome.Followed, 42, context.Request);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var visit = 0; visit < Slots * 2; visit++)
            _recorder.Record(RedirectOutcome.Followed, 42, context.Request);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static DefaultHttpContext ContextOf(params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        foreach (var (name, value) in headers)
            context.Request.Headers[name] = value;
        return context;
    }

    private void Record(params (string Name, string Value)[] headers) => Record("GET", headers);

    private void Record(string method, params (string Name, string Value)[] headers)
    {
        var request = ContextOf(headers).Request;
        request.Method = method;
        _recorder.Record(RedirectOutcome.Followed, 42, request);
    }
}
