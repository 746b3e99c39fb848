using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>A server with links of all kinds, and what it answers about them.</summary>
internal static partial class MovedServer
{
    private const string Domain = "other.example";

    /// <summary>
    /// Links of all kinds as the API creates them, except generated codes without settings.
    /// </summary>
    private static readonly string[] Links =
    [
        """{"target": "https://example.com/a", "code": "custom", "tags": ["Blue", "red"], "title": "Ä 한글"}""",
        """{"target": "https://example.com/b", "code": "한국어", "note": "two\nlines"}""",
        """{"target": "https://example.com/c", "code": "😀smile"}""",
        """{"target": "https://example.com/d", "code": "limited", "maxVisits": 5}""",
        """{"target": "https://example.com/e", "code": "secret", "password": "open sesame"}""",
        """{"target": "https://example.com/f", "code": "later", "expiresAt": "2125-06-07T08:09:10.123Z"}""",
        """
        {"target": "https://example.com/g", "code": "ruled", "rules":
            [{"name": "r", "if": {"device": "phone"}, "target": "https://example.com/phone"}]}
        """,
        """{"target": "https://example.com/h", "code": "gone"}""",
        """{"target": "https://example.com/i", "code": "renamed"}""",
        """{"target": "https://example.com/j", "code": "erased"}""",
        """{"target": "https://blocked.example/", "code": "blocked"}""",
        """{"target": "https://example.com/k", "code": "elsewhere", "domain": "other.example"}""",
    ];

    private static readonly string[] Codes =
    [
        "custom", "한국어", "😀smile", "secret", "later", "ruled", "gone", "renamed", "alias", "erased",
        "blocked",
    ];

    public static Task<TerseProcess> StartAsync(string data, params string[] settings) => StartAsync(
        TerseProcess.ServeAsync(
            data,
            ["--Access:AdminKeyFile", AdminKey.File, "--Domains:Default", "go.example", .. settings]));

    private static async Task<TerseProcess> StartAsync(Task<TerseProcess> starting)
    {
        var server = await starting;
        server.Http.DefaultRequestHeaders.Add("Authorization", $"Bearer {AdminKey.Text}");
        return server;
    }

    public static async Task FillAsync(TerseProcess server)
    {
        await SendAsync(server, "POST", "domains", $$"""{"name": "{{Domain}}"}""");
        foreach (var link in Links)
            await SendAsync(server, "POST", "links", link);
        await SendAsync(server, "POST", "keys", """{"name": "editor", "role": "editor", "tags": ["red"]}""");
        await SendAsync(server, "DELETE", "links/gone", "");
        await SendAsync(server, "PATCH", "links/renamed", """{"code": "alias", "title": "renamed"}""");
        await SendAsync(server, "DELETE", "links/erased?erase=true", "");
        await SendAsync(server, "POST", "blocks", """{"host": "blocked.example", "reason": "phishing"}""");
        for (var visit = 0; visit < 2; visit++)
            Assert.Equal("https://example.com/d", await server.FollowAsync("limited"));
        using var once = NewOnce();
        (await server.Http.SendAsync(once)).EnsureSuccessStatusCode().Dispose();
    }

    /// <summary>Creates the same link again, and returns its code.</summary>
    public static async Task<string> RepeatAsync(TerseProcess server)
    {
        using var once = NewOnce();
        using var response = await server.Http.SendAsync(once);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()!;
    }

    private static HttpRequestMessage NewOnce() =>
        new(HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative))
        {
            Headers = { { "Idempotency-Key", "only-once" } },
            Content = new StringContent(
                """{"target": "https://example.com/once"}""", Encoding.UTF8, "application/json"),
        };

    private static async Task SendAsync(TerseProcess server, string method, string path, string body)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method), new Uri($"/api/v1/{path}", UriKind.Relative));
        if (body.Length > 0)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path} {body}: {response.StatusCode} {text}");
    }

    /// <summary>Returns what the server answers about all links and everything else, as one text.</summary>
    public static async Task<string> DescribeAsync(TerseProcess server)
    {
        var text = new StringBuilder();
        foreach (var code in Codes)
        {
            var path = Uri.EscapeDataString(code);
            using var redirect = await server.Http.GetAsync(new Uri($"/{path}", UriKind.Relative));
            text.AppendLine(
                CultureInfo.InvariantCulture, $"{code} {redirect.StatusCode} {redirect.Headers.Location}");
            using var link = await server.Http.GetAsync(new Uri($"/api/v1/links/{path}", UriKind.Relative));
            text.AppendLine(Plain(await link.Content.ReadAsStringAsync()));
        }

        foreach (var path in new[] { "links/elsewhere?domain=" + Domain, "keys", "domains", "blocks" })
        {
            using var response = await server.Http.GetAsync(new Uri($"/api/v1/{path}", UriKind.Relative));
            text.AppendLine(Plain(await response.Content.ReadAsStringAsync()));
        }

        var renamed = await server.ReadAsync("/api/v1/links/renamed");
        var audit = await server.ReadAsync($"/api/v1/audit?link={renamed.GetProperty("id").GetString()}");
        return text.AppendLine(audit.GetProperty("audit").ToString()).ToString();
    }

    /// <summary>
    /// Visits and the hour of a key's use go on; the short URL contains the port; errors have a trace id.
    /// </summary>
    private static string Plain(string json) => Varying().Replace(json, "");

    /// <summary>
    /// Follows the limited link until its visits are used up, and returns how many there were.
    /// </summary>
    public static async Task<int> UseUpAsync(TerseProcess server)
    {
        for (var visits = 0; visits <= 5; visits++)
        {
            using var response = await server.Http.GetAsync(new Uri("/limited", UriKind.Relative));
            if (response.StatusCode != HttpStatusCode.Found)
                return response.StatusCode == HttpStatusCode.Gone ? visits : -1;
        }

        return -1;
    }

    [GeneratedRegex(
        """
        ("shortUrl":"[^"]*"|"visits":\{[^}]*\}|"(traceId|lastUsedAt)":("[^"]*"|null)|http://127[^/]*),?
        """,
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Varying();
}
