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
        _visits = new VisitFolder(_folder.Path, Slots, 1 << 20);
        _metrics = new VisitMetrics(
            _services.GetRequiredService<IMeterFactory>(), _visits.Ring, _visits.Spool);
        var country = new CountrySource("CF-IPCountry", null, null);
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
        Assert.Equal("Mozilla/5.0 (X11; Linux x86_64)", Encoding.Latin1.GetString(visit.UserAgent));
        Assert.Equal("news.example", Encoding.Latin1.GetString(visit.Referrer));
        Assert.Equal("DE", Encoding.Latin1.GetString(visit.Country));
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
        var file = Encoding.Latin1.GetString(File.ReadAllBytes(_folder["visits.ring"]));
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
        Assert.Equal(new string('r', 128), Encoding.Latin1.GetString(visit.Referrer));
        Assert.Equal(new string('u', 224), Encoding.Latin1.GetString(visit.UserAgent));
        Assert.Equal(0, visit.Country.Length);
    }

    [Fact]
    public void Visits_beyond_a_full_ring_are_counted_as_lost()
    {
        for (var visit = 0; visit < Slots + 3; visit++)
            Record(("User-Agent", "Mozilla/5.0"));

        Assert.Equal((Slots, 3), (_visits.Ring.Written, _metrics.Lost));
    }

    [Fact]
    public void Recording_a_visit_allocates_nothing()
    {
        var context = ContextOf(
            ("User-Agent", "Mozilla/5.0"), ("Referer", "https://a.example/"), ("CF-IPCountry", "DE"));
        _recorder.Record(RedirectOutcome.Followed, 42, context.Request);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var visit = 0; visit < Slots * 2; visit++)
            _recorder.Record(RedirectOutcome.Followed, 42, context.Request);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static DefaultHttpContext ContextOf(params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        foreach (var (name, value) in headers)
            context.Request.Headers[name] = value;
        return context;
    }

    private void Record(params (string Name, string Value)[] headers) =>
        _recorder.Record(RedirectOutcome.Followed, 42, ContextOf(headers).Request);
}
