using System.Net;
using Microsoft.AspNetCore.Http;
using Terse.Links;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>Tests for which links, and until when, the cookie of a right password is valid.</summary>
public sealed class PasswordCookieTests : IAsyncLifetime
{
    private LockedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await LockedServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_cookie_of_another_link_is_not_valid_even_under_its_name()
    {
        await _server.CreateAsync("b");
        var ofA = await _server.UnlockAsync("/a");
        var ofB = await _server.UnlockAsync("/b");
        var renamed = ofB.Split('=')[0] + "=" + ofA.Split('=', 2)[1];

        Assert.Equal(HttpStatusCode.Found, await StatusAsync("/b", ofB));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/b", ofA));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/b", renamed));
    }

    [Theory]
    [InlineData("""{"password": "another word"}""")]
    [InlineData("""{"password": "open sesame"}""")]
    public async Task A_cookie_is_not_valid_after_the_password_was_set_again(string change)
    {
        var cookie = await _server.UnlockAsync("/a");
        await _server.PatchAsync("a", """{"title": "Caves"}""");
        Assert.Equal(HttpStatusCode.Found, await StatusAsync("/a", cookie));
        await _server.PatchAsync("a", change);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/a", cookie));
    }

    [Fact]
    public async Task A_changed_cookie_is_not_valid()
    {
        var (name, value) = await _server.UnlockAsync("/a") is var cookie
            ? (cookie.Split('=')[0], cookie.Split(';')[0].Split('=', 2)[1])
            : default;
        var (end, signature) = (value.Split('.')[0], value.Split('.')[1]);
        var flipped = signature[0] == 'A' ? 'B' : 'A';
        string[] forged =
        [
            $"{end}0.{signature}", $"{end}.{flipped}{signature[1..]}", $"{end}.", end, "", ".",
            $".{signature}",
            $"{end}.{signature}.{signature}", $"+{end}.{signature}", $"-{end}.{signature}",
            $"99999999999999999999.{signature}", $"{end}.%C3%84{signature[1..]}",
        ];

        Assert.Equal(HttpStatusCode.Found, await StatusAsync("/a", $"{name}={value}"));
        foreach (var other in forged)
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/a", $"{name}={other}"));
    }

    [Fact]
    public void A_cookie_is_valid_for_an_hour()
    {
        var password = LinkPassword.Of("secret", iterations: 1);
        var now = new DateTimeOffset(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);
        var context = new DefaultHttpContext();
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget = "/a";
        PasswordCookie.Write(context, TestLinks.NewCached("a"), password, isSecure: true, now);
        var cookie = context.Response.Headers.SetCookie.ToString();
        context.Request.Headers.Cookie = cookie.Split(';')[0];

        Assert.Contains("; secure; ", cookie, StringComparison.Ordinal);
        Assert.True(PasswordCookie.IsValid(context.Request, 1, password, now.AddSeconds(3_599)));
        Assert.False(PasswordCookie.IsValid(context.Request, 1, password, now.AddHours(1)));
        Assert.False(PasswordCookie.IsValid(context.Request, 8, password, now));
        Assert.False(PasswordCookie.IsValid(
            context.Request, 1, LinkPassword.Of("secret", iterations: 1), now));
    }

    [Theory]
    [InlineData("/a/b?c", "a", "/a")]
    [InlineData("/a", "a", "/a")]
    [InlineData("/%ea%b5%ac", "구", "/%ea%b5%ac")]
    [InlineData("/a;b", "a;b", "/")]
    [InlineData("http://go.example/a", "a", "/a")]
    [InlineData("/a/%62/c/", "a/b", "/a/%62")]
    [InlineData("/a/b/", "a/b", "/a/b")]
    public void The_path_of_a_cookie_is_the_code_as_the_client_sent_it(
        string target, string code, string path)
    {
        var context = new DefaultHttpContext();
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget = target;
        var password = LinkPassword.Of("secret", iterations: 1);
        PasswordCookie.Write(
            context, TestLinks.NewCached(code), password, isSecure: false, DateTimeOffset.UnixEpoch);

        Assert.Contains(
            $"; path={path}; samesite",
            context.Response.Headers.SetCookie.ToString(),
            StringComparison.OrdinalIgnoreCase);
    }

    private async Task<HttpStatusCode> StatusAsync(string path, string cookie)
    {
        using var response = await _server.GetAsync(path, LockedServer.Cookie(cookie));
        return response.StatusCode;
    }
}
