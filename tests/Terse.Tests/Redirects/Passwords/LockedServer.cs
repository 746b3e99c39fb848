using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Terse.Links;

namespace Terse.Tests.Redirects;

/// <summary>
/// A server with the link <c>/a</c>, whose password is <c>open sesame</c>, and a client that keeps no
/// cookies, so that each test decides which cookies it sends.
/// </summary>
internal sealed class LockedServer : IAsyncDisposable
{
    public const string Target = "https://secret.example/page";
    public const string Password = "open sesame";
    public const string Html = "text/html,*/*;q=0.8";

    /// <summary>All links have the same hash, because a hash takes long.</summary>
    private static readonly LinkPassword Stored = LinkPassword.Of(Password);

    private readonly HttpClient _http;

    private LockedServer(TerseServer server)
    {
        Server = server;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = server.Http.BaseAddress,
        };
    }

    public TerseServer Server { get; }

    public static async Task<LockedServer> StartAsync(params (string Key, string Value)[] settings)
    {
        var locked = new LockedServer(await TerseServer.StartAsync(settings));
        await locked.CreateAsync("a");
        return locked;
    }

    /// <summary>Creates a link with the password.</summary>
    /// <param name="code">The code.</param>
    /// <param name="fields">Further fields as JSON, each with a comma before it.</param>
    public async Task CreateAsync(string code, string fields = "")
    {
        using var response = await Server.PostAsync(
            $$"""{"target": "{{Target}}", "code": "{{code}}"{{fields}}}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var link = await Server.Services.GetRequiredService<ILinkReader>().FindAsync(new("", code), default);
        var locked = PasswordField.Set(link!, Stored) with { Version = 2 };
        await Server.Services.GetRequiredService<ILinkStore>().ReplaceAsync(locked, default);
    }

    public async Task<JsonElement> PatchAsync(string code, string body)
    {
        using var response = await Server.SendAsync(HttpMethod.Patch, code, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Sends a request with the given headers, as a browser if no header says otherwise.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Content = body;
        (string Name, string Value)[] defaults = [("User-Agent", Harness.Follower.Browser)];
        foreach (var (name, value) in headers.Concat(defaults).DistinctBy(header => header.Name))
            request.Headers.TryAddWithoutValidation(name, value);
        return await _http.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, body: null, headers);

    /// <summary>Sends the form of the page as a browser does.</summary>
    public Task<HttpResponseMessage> PostAsync(
        string path, string password, params (string Name, string Value)[] headers) =>
        SendAsync(
            HttpMethod.Post,
            path,
            new FormUrlEncodedContent([new("password", password)]),
            [("Accept", Html), .. headers]);

    /// <summary>Sends the right password, and returns the cookie of the response.</summary>
    public async Task<string> UnlockAsync(string path, params (string Name, string Value)[] headers)
    {
        using var response = await PostAsync(path, Password, headers);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return response.Headers.GetValues("Set-Cookie").Single();
    }

    public static (string Name, string Value) Basic(string password) =>
        ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(":" + password)));

    public static (string Name, string Value) Cookie(string setCookie) =>
        ("Cookie", setCookie.Split(';')[0]);

    /// <summary>Asserts that a response shows the target nowhere.</summary>
    public static async Task AssertHidesTargetAsync(HttpResponseMessage response)
    {
        Assert.DoesNotContain("secret", response.Headers.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", response.Content.Headers.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
    }
}
