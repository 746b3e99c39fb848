using System.Net;
using Terse.Harness;

namespace Terse.Tests.Redirects;

/// <summary>Tests how programs and robots are answered by a link with a password.</summary>
public sealed class PasswordHeaderTests : IAsyncLifetime
{
    private const string Robot = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";

    private LockedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await LockedServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("curl/8.5.0", "GET", null)]
    [InlineData(Robot, "GET", null)]
    [InlineData("", "GET", null)]
    [InlineData(Follower.Browser, "HEAD", null)]
    [InlineData(Follower.Browser, "GET", "prefetch")]
    public async Task The_right_password_in_a_header_is_served_whatever_the_program_calls_itself(
        string agent, string method, string? purpose)
    {
        (string, string)[] purposes = purpose is null ? [] : [("Sec-Purpose", purpose)];
        using var response = await _server.SendAsync(
            new HttpMethod(method),
            "/a",
            body: null,
            [("User-Agent", agent), LockedServer.Basic(LockedServer.Password), .. purposes]);

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal(LockedServer.Target, response.Headers.NonValidated["Location"].Single());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData(null, "password-required")]
    [InlineData("Bearer b3BlbiBzZXNhbWU=", "password-required")]
    [InlineData("Basic", "password-required")]
    [InlineData("Basic b3BlbiBzZXNhbWU=", "password-wrong")] // without a colon
    [InlineData("Basic dXNlcjp3cm9uZw==", "password-wrong")]
    [InlineData("Basic dXNlcjo=", "password-wrong")]
    [InlineData("basic %%%", "password-wrong")]
    [InlineData("Basic ///", "password-wrong")]
    public async Task A_program_without_the_right_password_gets_401_with_a_challenge(
        string? header, string type)
    {
        (string, string)[] headers = header is null ? [] : [("Authorization", header)];
        using var response = await _server.GetAsync("/a", headers);

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.Unauthorized, type, "Authorization");
        Assert.Equal("Basic", response.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        await LockedServer.AssertHidesTargetAsync(response);
    }

    [Fact]
    public async Task A_password_with_letters_outside_ASCII_works_in_a_header_and_in_a_form()
    {
        await _server.PatchAsync("a", """{"password": "열려라 참깨"}""");
        using var program = await _server.GetAsync("/a", LockedServer.Basic("열려라 참깨"));
        using var person = await _server.PostAsync("/a", "열려라 참깨");

        Assert.Equal(
            (HttpStatusCode.Found, HttpStatusCode.SeeOther), (program.StatusCode, person.StatusCode));
    }

    [Fact]
    public async Task After_five_wrong_passwords_in_a_header_the_right_one_gets_429_too()
    {
        for (var request = 0; request < 5; request++)
            (await _server.GetAsync("/a", LockedServer.Basic($"wrong {request}"))).Dispose();
        using var response = await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password));

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.TooManyRequests, "too-many-tries", null);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        await LockedServer.AssertHidesTargetAsync(response);
    }

    [Fact]
    public async Task A_program_can_send_the_right_password_many_times_a_minute()
    {
        (await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password))).Dispose();
        var answers = new List<HttpStatusCode>();
        for (var request = 0; request < 60; request++)
        {
            using var response = await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password));
            answers.Add(response.StatusCode);
        }

        Assert.All(answers, status => Assert.Equal(HttpStatusCode.Found, status));
        await _server.PatchAsync("a", """{"password": "another word"}""");
        using var old = await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password));
        Assert.Equal(HttpStatusCode.Unauthorized, old.StatusCode);
    }

    [Fact]
    public async Task The_tries_of_two_addresses_are_counted_apart_and_those_of_one_network_together()
    {
        await using var server = await LockedServer.StartAsync(("Proxies:Trusted:0", "127.0.0.1"));
        for (var request = 0; request < 5; request++)
        {
            (await server.GetAsync(
                "/a",
                LockedServer.Basic("wrong"),
                ("X-Forwarded-For", $"2001:db8:0:1::{request}"))).Dispose();
        }

        var statuses = new List<HttpStatusCode>();
        foreach (var address in new[] { "2001:db8:0:1:ffff::9", "2001:db8:0:2::1", "192.0.2.1" })
        {
            using var response = await server.GetAsync(
                "/a", LockedServer.Basic(LockedServer.Password), ("X-Forwarded-For", address));
            statuses.Add(response.StatusCode);
        }

        Assert.Equal(
            [HttpStatusCode.TooManyRequests, HttpStatusCode.Found, HttpStatusCode.Found], statuses);
    }

    [Theory]
    [InlineData("GET", Robot)]
    [InlineData("GET", "")]
    [InlineData("HEAD", Follower.Browser)]
    public async Task A_program_that_shows_a_preview_sees_the_title_and_never_the_target(
        string method, string agent)
    {
        await _server.PatchAsync("a", """{"title": "Caves {{target}}", "maxVisits": 1}""");
        using var response = await _server.SendAsync(
            new HttpMethod(method), "/a", body: null, ("User-Agent", agent), ("Accept", LockedServer.Html));
        var page = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        await LockedServer.AssertHidesTargetAsync(response);
        if (method == "GET")
            Assert.Contains("<h1>Caves {{target}}</h1>", page, StringComparison.Ordinal);
        Assert.NotEmpty(await _server.UnlockAsync("/a"));
    }

    [Fact]
    public async Task A_prefetch_is_refused_so_that_the_browser_asks_again()
    {
        using var response = await _server.GetAsync("/a", ("Sec-Purpose", "prefetch;prerender"));

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.Forbidden, "prefetch-refused", null);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        await LockedServer.AssertHidesTargetAsync(response);
    }

    [Fact]
    public async Task A_visit_limit_is_checked_after_the_password()
    {
        await _server.PatchAsync("a", """{"maxVisits": 1}""");
        using var followed = await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password));
        using var wrong = await _server.GetAsync("/a", LockedServer.Basic("wrong"));
        using var usedUp = await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password));

        Assert.Equal(
            (HttpStatusCode.Found, HttpStatusCode.Unauthorized, HttpStatusCode.Gone),
            (followed.StatusCode, wrong.StatusCode, usedUp.StatusCode));
    }
}
