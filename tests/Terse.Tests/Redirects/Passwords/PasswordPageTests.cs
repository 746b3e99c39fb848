using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Redirects;

/// <summary>Tests how people in a browser follow a link with a password.</summary>
public sealed class PasswordPageTests : IAsyncLifetime
{
    private LockedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await LockedServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_browser_gets_a_form_without_a_script_and_without_the_target()
    {
        for (var request = 0; request < 2; request++)
        {
            using var page = await _server.GetAsync("/a", ("Accept", LockedServer.Html));
            var text = await page.Content.ReadAsStringAsync();

            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Equal("no-store", page.Headers.CacheControl?.ToString());
            Assert.Equal("noindex", page.Headers.GetValues("X-Robots-Tag").Single());
            Assert.Matches(
                "^default-src 'none'; .*style-src 'sha256-[A-Za-z0-9+/]{43}='",
                page.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Contains("<form method=\"post\">", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
            Assert.DoesNotContain("{{", text, StringComparison.Ordinal);
            await LockedServer.AssertHidesTargetAsync(page);
        }
    }

    [Fact]
    public async Task The_right_password_leads_to_the_target_and_sets_a_cookie_for_this_link()
    {
        using var opened = await _server.PostAsync("/a?x=1", LockedServer.Password);
        var cookie = opened.Headers.GetValues("Set-Cookie").Single();
        using var again = await _server.GetAsync("/a", LockedServer.Cookie(cookie));

        Assert.Equal(HttpStatusCode.SeeOther, opened.StatusCode);
        Assert.Equal(LockedServer.Target, opened.Headers.NonValidated["Location"].Single());
        Assert.Equal("no-store", opened.Headers.CacheControl?.ToString());
        Assert.EndsWith("; max-age=3600; path=/a; samesite=lax; httponly", cookie, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Found, again.StatusCode);
        Assert.Equal("no-store", again.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task A_wrong_password_shows_the_form_again_and_sets_no_cookie()
    {
        using var wrong = await _server.PostAsync("/a", "open barley");
        using var empty = await _server.PostAsync("/a", "");
        using var other = await _server.SendAsync(
            HttpMethod.Post, "/a", new FormUrlEncodedContent([]), ("Accept", LockedServer.Html));

        foreach (var response in new[] { wrong, empty, other })
        {
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.False(response.Headers.Contains("Set-Cookie"));
            var page = await response.Content.ReadAsStringAsync();
            Assert.Contains("The password is wrong.", page, StringComparison.Ordinal);
            await LockedServer.AssertHidesTargetAsync(response);
        }
    }

    [Fact]
    public async Task After_five_tries_in_a_minute_a_client_must_wait_even_with_the_right_password()
    {
        for (var request = 0; request < 5; request++)
            (await _server.PostAsync("/a", $"wrong {request}")).Dispose();
        using var sixth = await _server.PostAsync("/a", LockedServer.Password);
        await _server.CreateAsync("b");
        using var elsewhere = await _server.PostAsync("/b", LockedServer.Password);

        Assert.Equal(HttpStatusCode.TooManyRequests, sixth.StatusCode);
        Assert.InRange(sixth.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        await LockedServer.AssertHidesTargetAsync(sixth);
        Assert.Equal(HttpStatusCode.SeeOther, elsewhere.StatusCode);
    }

    [Fact]
    public async Task Of_64_parallel_wrong_tries_at_most_five_are_checked()
    {
        var tries = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(number => _server.PostAsync("/a", $"wrong {number}")));

        var statuses = tries.CountBy(response => response.StatusCode).ToDictionary();
        Assert.Equal(5, statuses[HttpStatusCode.Forbidden]);
        Assert.Equal(59, statuses[HttpStatusCode.TooManyRequests]);
        foreach (var response in tries)
            response.Dispose();
    }

    [Fact]
    public async Task A_right_password_does_not_use_up_a_try()
    {
        for (var request = 0; request < 8; request++)
            Assert.NotEmpty(await _server.UnlockAsync("/a"));
    }

    [Fact]
    public async Task Only_a_visit_with_the_password_uses_up_the_limit_and_counts_as_a_persons_visit()
    {
        await _server.CreateAsync("limited", """, "maxVisits": 2""");
        (await _server.GetAsync("/limited", ("Accept", LockedServer.Html))).Dispose();
        (await _server.PostAsync("/limited", "wrong")).Dispose();
        var cookie = await _server.UnlockAsync("/limited");
        using var second = await _server.GetAsync("/limited", LockedServer.Cookie(cookie));
        using var third = await _server.GetAsync("/limited", LockedServer.Cookie(cookie));

        Assert.Equal((HttpStatusCode.Found, HttpStatusCode.Gone), (second.StatusCode, third.StatusCode));
        await Eventually.IsTrueAsync(async () =>
        {
            using var shown = await _server.Server.GetAsync("/api/v1/links/limited");
            var link = await shown.Content.ReadFromJsonAsync<JsonElement>();
            return link.GetProperty("visits").GetRawText() == """{"total":2,"bots":0}""";
        });
    }

    [Fact]
    public async Task A_link_with_a_password_that_does_not_work_says_why_before_it_asks_for_the_password()
    {
        await _server.CreateAsync("over", """, "expiresAt": "2000-01-01T00:00Z" """);
        await _server.CreateAsync("off", """, "enabled": false""");
        await _server.CreateAsync("soon", """, "validFrom": "2999-01-01T00:00Z" """);
        using var over = await _server.GetAsync("/over");
        using var posted = await _server.PostAsync("/over", LockedServer.Password);
        using var off = await _server.GetAsync("/off");
        using var soon = await _server.GetAsync("/soon");

        Assert.Equal((HttpStatusCode.Gone, HttpStatusCode.Gone), (over.StatusCode, posted.StatusCode));
        await ProblemAssert.AssertProblemAsync(off, HttpStatusCode.NotFound, "link-not-found", null);
        await ProblemAssert.AssertProblemAsync(soon, HttpStatusCode.NotFound, "link-scheduled", null);
    }

    [Fact]
    public async Task A_form_that_is_sent_twice_does_not_send_the_password_on_to_the_target()
    {
        await _server.CreateAsync("kept", """, "redirectStatus": 307""");
        var cookie = await _server.UnlockAsync("/kept");
        using var again = await _server.PostAsync(
            "/kept", LockedServer.Password, LockedServer.Cookie(cookie));

        Assert.Equal(HttpStatusCode.SeeOther, again.StatusCode);
    }

    [Fact]
    public async Task The_path_and_the_query_of_the_page_are_forwarded_with_the_form()
    {
        await _server.CreateAsync("deep", """, "forwardPath": true, "forwardQuery": "append" """);
        using var opened = await _server.PostAsync("/deep/b?c=d", LockedServer.Password);

        Assert.Equal(LockedServer.Target + "/b?c=d", opened.Headers.NonValidated["Location"].Single());
    }

    [Fact]
    public async Task Other_methods_than_those_of_a_page_with_a_form_are_refused()
    {
        using var put = await _server.SendAsync(HttpMethod.Put, "/a", body: null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, put.StatusCode);
        Assert.Equal(["GET", "HEAD", "POST"], put.Content.Headers.Allow);
        await LockedServer.AssertHidesTargetAsync(put);
    }
}
