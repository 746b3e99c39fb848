using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;
using Terse.Redirects;
using Terse.Tests.Redirects;

namespace Terse.Tests.Links;

public sealed class LinkPasswordTests : IAsyncLifetime
{
    private LockedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await LockedServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public void A_new_hash_has_the_strength_of_OWASP_and_a_salt_of_its_own()
    {
        var first = LinkPassword.Of("open sesame");
        var second = LinkPassword.Of("open sesame");

        Assert.Equal((220_000, false), (first.Iterations, first.IsWeak));
        Assert.Equal((16, 32, 32), (first.Salt.Length, first.Hash.Length, first.CookieKey.Length));
        Assert.NotEqual(first.Salt, second.Salt);
        Assert.NotEqual(first.Hash, second.Hash);
        Assert.NotEqual(first.CookieKey, second.CookieKey);
        Assert.True(first.IsRight("open sesame"));
        Assert.False(first.IsRight("open Sesame"));
    }

    [Fact]
    public void A_stronger_hash_is_of_the_same_password_and_keeps_the_key_of_cookies()
    {
        var weak = LinkPassword.Of("열려라 참깨", iterations: 1_000);
        var strong = weak.Strengthen("열려라 참깨");

        Assert.Equal((true, false), (weak.IsWeak, strong.IsWeak));
        Assert.Equal(weak.CookieKey, strong.CookieKey);
        Assert.True(strong.IsRight("열려라 참깨"));
        Assert.False(strong.IsRight("열려라"));
    }

    [Fact]
    public async Task The_API_says_that_a_link_has_a_password_and_never_shows_it()
    {
        await _server.PatchAsync("a", """{"password": "open sesame"}""");
        using var shown = await _server.Server.GetAsync("/api/v1/links/a");
        var text = await shown.Content.ReadAsStringAsync();
        var removed = await _server.PatchAsync("a", """{"password": null}""");
        using var followed = await _server.GetAsync("/a");

        Assert.Contains("\"hasPassword\":true", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
        Assert.DoesNotContain("salt", text, StringComparison.OrdinalIgnoreCase);
        Assert.False(removed.GetProperty("hasPassword").GetBoolean());
        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
    }

    [Fact]
    public async Task A_change_without_a_password_keeps_it_and_an_empty_one_removes_it()
    {
        var kept = await _server.PatchAsync("a", """{"note": "N"}""");
        Assert.NotEmpty(await _server.UnlockAsync("/a"));
        var removed = await _server.PatchAsync("a", """{"password": ""}""");

        Assert.True(kept.GetProperty("hasPassword").GetBoolean());
        Assert.False(removed.GetProperty("hasPassword").GetBoolean());
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("a\\u0000bcd")]
    [InlineData("long")]
    public async Task A_password_of_wrong_length_or_with_control_characters_is_refused_without_repeating_it(
        string password)
    {
        password = password == "long" ? new string('x', LinkPassword.MaxLength + 1) : password;
        using var response = await _server.Server.PostAsync(
            $$"""{"target": "https://example.com/", "password": "{{password}}"}""");

        var problem = await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "field-invalid", "password");
        Assert.DoesNotContain("xxx", problem.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("abc", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cafe\u0301", 5)]
    [InlineData("\u1112\u1161\u11ab\u1100\u1173\u11af", 1)]
    [InlineData("pass α\u0301", 7)]
    public void A_password_in_decomposed_form_is_refused_with_advice(string password, int position)
    {
        var detail = LinkPassword.Check(password)?.Detail;

        Assert.StartsWith($"Character {position} of the password ", detail, StringComparison.Ordinal);
        Assert.Contains("composed form (NFC)", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("caf\u00e9")]
    [InlineData("한글 비밀번호")]
    [InlineData("हिन्दी")]
    [InlineData("❤️‍🔥👩‍👩‍👧‍👦1️⃣")]
    [InlineData("ㄱㄴㄷㄹ")]
    public void A_password_as_keyboards_send_it_is_accepted(string password) =>
        Assert.Null(LinkPassword.Check(password));

    [Fact]
    public async Task A_repeated_creation_returns_the_link_and_another_password_is_another_request()
    {
        const string Body = """{"target": "https://example.com/", "password": "first word"}""";
        using var created = await PostAsync(Body);
        using var repeated = await PostAsync(Body);
        using var other = await PostAsync(Body.Replace("first", "other", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal(HttpStatusCode.Created, repeated.StatusCode);
        Assert.Equal(await CodeOfAsync(created), await CodeOfAsync(repeated));
        await ProblemAssert.AssertProblemAsync(
            other, HttpStatusCode.UnprocessableEntity, "idempotency-key-reused", "Idempotency-Key");

        Task<HttpResponseMessage> PostAsync(string body) =>
            _server.Server.SendAsync(HttpMethod.Post, "", body, ("Idempotency-Key", "key"));
    }

    [Fact]
    public async Task A_weak_hash_is_replaced_when_a_visitor_sends_the_right_password()
    {
        var reader = _server.Server.Services.GetRequiredService<ILinkReader>();
        var store = _server.Server.Services.GetRequiredService<ILinkStore>();
        var link = (await reader.FindAsync(new("", "a"), default))!;
        var weak = LinkPassword.Of("first word", iterations: 1_000);
        var changed = PasswordField.Set(link, weak) with { Version = link.Version + 1 };
        Assert.NotNull(await store.ReplaceAsync(changed, default));
        (await _server.PostAsync("/a", "wrong word")).Dispose();
        Assert.Equal(1_000, (await reader.FindAsync(link.Name, default))!.Settings.Password!.Iterations);
        using var opened = await _server.PostAsync("/a", "first word");

        await Eventually.IsTrueAsync(async () =>
            (await reader.FindAsync(link.Name, default))!.Settings.Password is { IsWeak: false });
        using var again = await _server.GetAsync(
            "/a", LockedServer.Cookie(opened.Headers.GetValues("Set-Cookie").Single()));
        Assert.Equal(HttpStatusCode.Found, again.StatusCode);
    }

    [Fact]
    public async Task Too_many_passwords_at_once_are_refused_and_redirects_continue()
    {
        await _server.Server.CreateCodeAsync("https://example.com/", "plain");
        var hasher = _server.Server.Services.GetRequiredService<PasswordHasher>();
        using var gate = new ManualResetEventSlim();
        var busy = Occupy(hasher, gate, PasswordHasher.MaxCalls);
        using var redirected = await _server.GetAsync("/plain");
        await Assert.ThrowsAsync<OverloadException>(() => hasher.HashAsync("one more", default));
        gate.Set();
        await Task.WhenAll(busy);

        Assert.Equal(HttpStatusCode.Found, redirected.StatusCode);
        Assert.NotEmpty(await _server.UnlockAsync("/a"));
    }

    [Fact]
    public async Task A_server_that_checks_too_many_passwords_answers_503_with_Retry_After()
    {
        var hasher = _server.Server.Services.GetRequiredService<PasswordHasher>();
        using var gate = new ManualResetEventSlim();
        var busy = Occupy(hasher, gate, PasswordHasher.MaxCalls);
        for (var request = 0; request < PasswordTries.MaxTries; request++)
            (await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password))).Dispose();
        using var refused = await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password));
        gate.Set();
        await Task.WhenAll(busy);
        using var served = await _server.GetAsync("/a", LockedServer.Basic(LockedServer.Password));

        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.ServiceUnavailable, "overloaded", null);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.Found, served.StatusCode);
    }

    private static List<Task<int>> Occupy(PasswordHasher hasher, ManualResetEventSlim gate, int calls) =>
    [
        .. Enumerable.Range(0, calls).Select(number => hasher.RunAsync(
            () =>
            {
                gate.Wait();
                return number;
            },
            default)),
    ];

    private static async Task<string?> CodeOfAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();
}
