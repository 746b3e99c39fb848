using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Links;
using Terse.Visits;

namespace Terse.Tests.Links;

/// <summary>Tests how clients restore and erase links over HTTP, and how old links are cleaned up.</summary>
public sealed class LinkErasureTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_restored_link_works_as_before_its_deletion()
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        using var deleted = await _server.SendAsync(HttpMethod.Delete, "sale");
        using var gone = await _server.GetAsync("/sale");
        using var restored = await _server.SendAsync(HttpMethod.Post, "sale/restore");
        using var again = await _server.SendAsync(HttpMethod.Post, "sale/restore");
        using var followed = await _server.GetAsync("/sale");

        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
        Assert.Equal("\"v3\"", restored.Headers.ETag?.ToString());
        Assert.True(restored.Headers.Contains("Terse-Changed-At"));
        Assert.Equal((HttpStatusCode.OK, "\"v3\""), (again.StatusCode, again.Headers.ETag?.ToString()));
        Assert.Equal("https://example.com/1", followed.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Without_time_to_restore_a_deletion_is_final()
    {
        await using var server = await TerseServer.StartAsync(("Links:RestoreFor", "00:00:00"));
        await server.CreateCodeAsync("https://example.com/1", "sale");
        using var deleted = await server.SendAsync(HttpMethod.Delete, "sale");
        using var restored = await server.SendAsync(HttpMethod.Post, "sale/restore");

        await ProblemAssert.AssertProblemAsync(restored, HttpStatusCode.Gone, "link-deleted", "code");
    }

    [Fact]
    public async Task Of_an_erased_link_only_its_taken_code_is_left()
    {
        using var created = await _server.PostAsync(
            """
            {"target": "https://example.com/secret-target", "code": "sale", "title": "secret-title",
             "note": "secret-note", "tags": ["secret-tag"], "maxVisits": 7, "forwardQuery": "merge"}
            """);
        using var followed = await _server.GetAsync("/sale");
        using var erased = await _server.SendAsync(HttpMethod.Post, "sale/erase");
        using var again = await _server.SendAsync(HttpMethod.Post, "sale/erase");

        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.True(erased.Headers.Contains("Terse-Changed-At"));
        Assert.False(again.Headers.Contains("Terse-Changed-At"));
        foreach (var path in new[] { "", "?domain=", "/visits", "/visits/list" })
        {
            using var shown = await _server.GetAsync($"/api/v1/links/sale{path}");
            var text = await shown.Content.ReadAsStringAsync();
            Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
            if (path != "?domain=")
                await ProblemAssert.AssertProblemAsync(shown, HttpStatusCode.Gone, "link-deleted", "code");
        }

        using var visited = await _server.GetAsync("/sale");
        using var restored = await _server.SendAsync(HttpMethod.Post, "sale/restore");
        using var taken = await _server.CreateAsync("https://example.com/3", "sale");
        Assert.Equal(HttpStatusCode.Gone, visited.StatusCode);
        await ProblemAssert.AssertProblemAsync(restored, HttpStatusCode.Gone, "link-deleted", "code");
        await ProblemAssert.AssertProblemAsync(taken, HttpStatusCode.Conflict, "code-taken", "code");
    }

    [Fact]
    public async Task The_visits_of_an_erased_link_are_deleted()
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        var id = (await FindAsync("sale"))!.Id;
        var visit = new Visit(
            id, DateTimeOffset.UnixEpoch, RedirectOutcome.Followed, false, "", "", "", "", "");
        var visits = _server.Services.GetRequiredService<IVisitStore>();
        await visits.AddAsync(new(new(1, 1), 1, [visit]), default);
        using var erased = await _server.SendAsync(HttpMethod.Post, "sale/erase");
        var eraser = _server.Services.GetRequiredService<IVisitEraser>();
        while (await eraser.EraseAsync(default))
            Assert.True((await FindAsync("sale"))!.IsErased);
        await visits.AddAsync(new(new(1, 1), 2, [visit]), default);

        var total = await _server.Services.GetRequiredService<ILinkVisits>().ReadTotalAsync(id, default);
        Assert.Equal(default, total);
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("erase")]
    public async Task Restoring_and_erasing_need_the_current_version_in_If_Match(string action)
    {
        await _server.CreateCodeAsync("https://example.com/1", "sale");
        using var other = await _server.SendAsync(
            HttpMethod.Post, $"sale/{action}", body: null, ("If-Match", "\"v2\""));
        using var invalid = await _server.SendAsync(
            HttpMethod.Post, $"sale/{action}", body: null, ("If-Match", "v1"));
        using var unknown = await _server.SendAsync(HttpMethod.Post, $"nope/{action}");
        using var done = await _server.SendAsync(
            HttpMethod.Post, $"sale/{action}", body: null, ("If-Match", "\"v1\""));

        await ProblemAssert.AssertProblemAsync(
            other, HttpStatusCode.PreconditionFailed, "precondition-failed", "If-Match");
        await ProblemAssert.AssertProblemAsync(
            invalid, HttpStatusCode.BadRequest, "request-malformed", "If-Match");
        await ProblemAssert.AssertProblemAsync(unknown, HttpStatusCode.NotFound, "link-not-found", "code");
        Assert.True(done.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_cleanup_erases_links_that_were_deleted_or_expired_long_ago()
    {
        foreach (var code in new[] { "plain", "deleted", "deleted-now" })
            await _server.CreateCodeAsync("https://example.com/", code);
        foreach (var (code, fields) in new[]
            {
                ("expired", "\"expiresAt\": \"2026-11-01T00:00Z\""),
                ("expired-now", "\"expiresAt\": \"2026-12-30T00:00Z\""),
                ("leads-on",
                    """
                    "expiresAt": "2026-11-01T00:00Z", "expiredTarget": "https://e.example/"
                    """),
            })
        {
            using var created = await _server.PostAsync(
                $$"""{"target": "https://example.com/", "code": "{{code}}", {{fields}}}""");
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        }

        await DeleteAsync("deleted", new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        await DeleteAsync("deleted-now", new(2026, 12, 30, 0, 0, 0, TimeSpan.Zero));
        var cleaner = NewCleaner(new(2026, 12, 31, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal(2, await cleaner.CleanUpAsync(default));
        Assert.Equal(0, await cleaner.CleanUpAsync(default));
        foreach (var (code, isErased) in new[]
            {
                ("plain", false), ("deleted", true), ("deleted-now", false), ("expired", true),
                ("expired-now", false), ("leads-on", false),
            })
        {
            Assert.Equal((code, isErased), (code, (await FindAsync(code))!.IsErased));
        }
    }

    private async Task<Link?> FindAsync(string code) =>
        await _server.Services.GetRequiredService<ILinkReader>().FindAsync(new("", code), default);

    private async Task DeleteAsync(string code, DateTimeOffset at)
    {
        var link = (await FindAsync(code))!;
        await _server.Services.GetRequiredService<ILinkStore>().ReplaceAsync(
            link with { Version = link.Version + 1, DeletedAt = at }, default);
    }

    private LinkCleaner NewCleaner(DateTimeOffset now) => new(
        _server.Services.GetRequiredService<ILinkCleanup>(),
        _server.Services.GetRequiredService<LinkChanger>(),
        Options.Create(new LinkOptions
        {
            EraseDeletedAfter = TimeSpan.FromDays(30),
            EraseExpiredAfter = TimeSpan.FromDays(30),
        }),
        new FakeTimeProvider(now),
        NullLogger<LinkCleaner>.Instance);
}
