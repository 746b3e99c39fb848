using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Hosting;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitRetentionTests
{
    [Fact]
    public async Task A_start_drops_expired_single_visits_and_keeps_their_counts()
    {
        using var folder = new TemporaryFolder();
        var now = TimeProvider.System.GetUtcNow();
        await using (var server = await TerseServer.StartAsync(folder.Path))
        {
            var store = server.Services.GetRequiredService<IVisitStore>();
            await store.AddAsync(new(new(1, 1), 1, [NewVisit(now.AddDays(-3)), NewVisit(now)]), default);
            Assert.Equal(2, (await ListAsync(server)).Count);
        }

        await using var next = await TerseServer.StartAsync(folder.Path, ("Visits:Retention", "1.00:00:00"));
        await Eventually.IsTrueAsync(async () => (await ListAsync(next)).Count == 1);
        var reader = next.Services.GetRequiredService<IVisitReader>();
        Assert.Equal(2, (await reader.ReadTotalAsync(Tsid.FromInt64(1), default)).Visits);
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("-1")]
    [InlineData("3661.00:00:00")]
    [InlineData("soon")]
    public async Task An_invalid_retention_is_refused(string retention)
    {
        using var folder = new TemporaryFolder();
        await using var app = Program.BuildServer(
            [new("Storage:Folder", folder.Path), new("Visits:Retention", retention)]);

        var error = Assert.Single(SettingsErrors.Find(app.Services));
        Assert.Contains("Visits:Retention", error, StringComparison.Ordinal);
    }

    private static Visit NewVisit(DateTimeOffset at) =>
        new(Tsid.FromInt64(1), at, RedirectOutcome.Followed, false, "", "", "", "", "");

    private static async Task<IReadOnlyList<StoredVisit>> ListAsync(TerseServer server)
    {
        var now = TimeProvider.System.GetUtcNow();
        var list = await server.Services.GetRequiredService<IVisitReader>().ListAsync(
            new(new(VisitRange.AllLinks, now.AddYears(-1), now.AddYears(1)), true, null, 100), default);
        return list.Visits;
    }
}
