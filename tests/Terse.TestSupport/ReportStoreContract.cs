using Terse.Links;

namespace Terse.TestSupport;

/// <summary>The tests that every store of reports must pass.</summary>
public abstract class ReportStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IReportStore Store { get; }

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task The_reports_of_a_link_are_one_row_with_their_number_and_reasons()
    {
        await ReportAsync(1, "phishing \uad6c\n\"it\" [1]", Noon);
        await ReportAsync(1, reason: null, Noon.AddMinutes(2), "other");
        await ReportAsync(1, "malware", Noon.AddMinutes(1));

        var report = Assert.Single(await ListAsync());

        Assert.Equal(new LinkName("s.example", "c1"), report.Name);
        Assert.Equal(3, report.Count);
        Assert.Equal(["phishing \uad6c\n\"it\" [1]", "malware"], report.Reasons);
        Assert.Equal((Noon, Noon.AddMinutes(2)), (report.FirstAt, report.LastAt));
        Assert.Equivalent(report, await Store.FindAsync(report.Id, default));
        Assert.Null(await Store.FindAsync(report.Id + 1, default));
    }

    [Fact]
    public async Task Only_the_first_ten_reasons_are_stored()
    {
        await ReportAsync(1, reason: null, Noon);
        for (var number = 1; number <= LinkReport.MaxReasons + 5; number++)
            await ReportAsync(1, $"r{number}", Noon);

        var report = Assert.Single(await ListAsync());

        Assert.Equal(LinkReport.MaxReasons + 6, report.Count);
        Assert.Equal(
            Enumerable.Range(1, LinkReport.MaxReasons).Select(number => $"r{number}"), report.Reasons);
    }

    [Fact]
    public async Task Reports_that_arrive_together_are_all_counted()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => ReportAsync(1, $"r{number}", Noon)));

        Assert.Equal(20, Assert.Single(await ListAsync()).Count);
    }

    [Fact]
    public async Task The_list_has_the_link_that_was_reported_last_first_and_continues_after_a_report()
    {
        foreach (var (link, minutes) in new[] { (1, 1), (2, 3), (3, 2), (4, 2), (1, 4) })
            await ReportAsync(link, reason: null, Noon.AddMinutes(minutes));

        var first = await Store.ListAsync(before: null, limit: 2, default);
        var second = await Store.ListAsync(first[^1].Position, limit: 1, default);
        var third = await Store.ListAsync(second[^1].Position, limit: 2, default);

        Assert.Equal(
            ["c1", "c2", "c4", "c3"],
            first.Concat(second).Concat(third).Select(report => report.Name.Code));
        Assert.Empty(await Store.ListAsync(third[^1].Position, limit: 2, default));
    }

    [Fact]
    public async Task A_closed_report_is_gone_and_a_later_report_begins_anew()
    {
        await ReportAsync(1, "old", Noon);
        var id = Assert.Single(await ListAsync()).Id;

        Assert.True(await Store.CloseAsync(id, default));
        Assert.False(await Store.CloseAsync(id, default));
        Assert.Empty(await ListAsync());
        await ReportAsync(1, "new", Noon.AddDays(1));

        var report = Assert.Single(await ListAsync());
        Assert.NotEqual(id, report.Id);
        Assert.Equal((1, "new"), (report.Count, Assert.Single(report.Reasons)));
    }

    private Task ReportAsync(long link, string? reason, DateTimeOffset at, string? code = null) =>
        Store.AddAsync(new(link, new("s.example", code ?? $"c{link}"), reason, at), default);

    private Task<IReadOnlyList<LinkReport>> ListAsync() => Store.ListAsync(before: null, limit: 100, default);
}
