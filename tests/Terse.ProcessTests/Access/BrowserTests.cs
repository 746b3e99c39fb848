using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// A page that a person opens in a browser on the same machine as a server that asks for no key
/// (<c>Access:Anonymous=loopback</c>). Only pages of the server itself may use its API.
/// </summary>
public sealed class BrowserTests(OpenBrowser browser) : IClassFixture<OpenBrowser>, IAsyncLifetime
{
    private const string Secret = "https://example.com/secret-target";

    private readonly TemporaryFolder _folder = new();
    private TerseProcess _server = null!;
    private StrangePage _strange = null!;
    private BrowserPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TerseProcess.ServeAsync(_folder.Path);
        _strange = await StrangePage.StartAsync();
        _page = await browser.Chromium.OpenAsync();
        using var kept = await _server.Http.PostAsJsonAsync(
            "/api/v1/links", new { target = Secret, code = "kept" });
        kept.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        await _strange.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("evil.example")] // cross-site
    [InlineData("localhost")]
    [InlineData("127.0.0.1")] // same site as the server, but another port and so another origin
    public async Task A_page_of_another_origin_reads_and_changes_nothing(string host)
    {
        var before = await ReadAllAsync();
        await _page.OpenAsync(new Uri($"http://{host}:{_strange.Port}/"));

        var seen = await StrangePage.AttackAsync(_page, _server.Url);

        AssertRefused(seen);
        Assert.Equal(before, await ReadAllAsync());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data")]
    public async Task A_form_of_another_origin_changes_nothing(string encoding)
    {
        var before = await ReadAllAsync();
        foreach (var path in new[] { "/links", "/keys", "/links/kept/erase" })
        {
            await _page.OpenAsync(new Uri($"http://evil.example:{_strange.Port}/"));
            await StrangePage.SendFormAsync(_page, $"{_server.Url}/api/v1{path}", encoding);
        }

        Assert.Equal(3, _page.Statuses.Count(status => status == 401));
        Assert.Equal(before, await ReadAllAsync());
    }

    [Theory]
    [InlineData("rebound.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    public async Task A_page_whose_host_was_rebound_to_this_machine_reads_and_changes_nothing(string host)
    {
        // For the browser, the page and the server now have the same origin. The policy of Terse's own page
        // is ignored, because an attacker's page would have none.
        var before = await ReadAllAsync();
        var origin = $"http://{host}:{new Uri(_server.Url).Port}";
        await _page.IgnorePoliciesAsync();
        await _page.OpenAsync(new Uri(origin + "/"));

        var seen = await StrangePage.AttackAsync(_page, origin);

        AssertRefused(seen);
        Assert.Contains("key-required", seen, StringComparison.Ordinal);
        Assert.Equal(before, await ReadAllAsync());
    }

    [Fact]
    public async Task A_page_of_the_server_itself_may_use_the_API()
    {
        await _page.IgnorePoliciesAsync();
        await _page.OpenAsync(new Uri(_server.Url + "/"));

        var seen = await StrangePage.AttackAsync(_page, _server.Url);

        Assert.Contains(Secret, seen, StringComparison.Ordinal);
        Assert.Equal("https://evil.example/", await _server.FollowAsync("evil"));
    }

    [Fact]
    public async Task The_reference_page_shows_operations_without_other_hosts_and_within_its_policy()
    {
        await _page.OpenAsync(new Uri(_server.Url + "/docs"));
        var document = await _server.ReadAsync("/openapi/v1.json");
        var operations = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject())
            .Select(operation => operation.Value)
            .ToList();

        // The page shows all groups, and the operations of a group once a person scrolls to the group.
        await Eventually.IsTrueAsync(async () =>
        {
            var text = (await _page.RunAsync("document.body.textContent")).GetString()!;
            return operations.TrueForAll(operation => text.Contains(
                    operation.GetProperty("tags")[0].GetString()!, StringComparison.Ordinal))
                && operations.Exists(operation => text.Contains(
                    operation.GetProperty("summary").GetString()!, StringComparison.Ordinal));
        });

        var complaints = _page.Complaints.Where(complaint => !IsExpected(complaint)).ToList();
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
        Assert.All(_page.Requests.Where(url => url.Scheme is not ("data" or "blob")), url =>
            Assert.Equal(_server.Authority, url.Authority));
    }

    /// <summary>
    /// The policy refuses the few style attributes that the script of the page sets, which changes only the
    /// look, and the script's test of whether it may compile code, which it does without. The browser reports
    /// each refused style twice; one of the reports says whether an attribute was refused.
    /// </summary>
    private static bool IsExpected(string complaint) =>
        complaint.Contains("style-src-attr", StringComparison.Ordinal)
        || complaint.Contains("kEvalViolation", StringComparison.Ordinal)
        || complaint.Contains("Applying inline style violates", StringComparison.Ordinal);

    /// <summary>Asserts that requests have reached the server, and that the page has read nothing.</summary>
    private void AssertRefused(string seen)
    {
        Assert.InRange(_page.Statuses.Count(status => status == 401), 20, int.MaxValue);
        Assert.DoesNotContain(201, _page.Statuses);
        Assert.DoesNotContain("secret-target", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("link.create", seen, StringComparison.Ordinal);
    }

    /// <summary>Reads everything that a page could change, with the audit of all changes.</summary>
    private async Task<string> ReadAllAsync()
    {
        var texts = new List<string>();
        foreach (var path in new[] { "links", "links/kept", "keys", "blocks", "domains", "audit" })
            texts.Add((await _server.ReadAsync("/api/v1/" + path)).ToString());
        return string.Join('\n', texts);
    }
}
