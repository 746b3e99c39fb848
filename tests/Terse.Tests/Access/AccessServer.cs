using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Access;

/// <summary>Sends requests of the API with chosen keys, or without a key.</summary>
internal static class AccessServer
{
    public const string Keys = "/api/v1/keys";

    private const string Events = "/api/v1/events";

    /// <summary>Creates a key with the admin key of the tests. Returns its whole text.</summary>
    public static async Task<string> CreateKeyAsync(
        this TerseServer server, string role, string[]? domains = null, string[]? tags = null)
    {
        var body = JsonSerializer.Serialize(new { name = role, role, domains, tags });
        using var response = await server.SendAsAsync(AdminKey.Text, HttpMethod.Post, Keys, body);
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
    }

    /// <summary>Sends a request with a key; null sends none.</summary>
    public static async Task<HttpResponseMessage> SendAsAsync(
        this TerseServer server,
        string? key,
        HttpMethod method,
        string path,
        string? body = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { BaseAddress = server.Http.BaseAddress };
        return await http.SendAsync(request, CompletionOf(request));
    }

    /// <summary>A live stream has no end, so only the head of its answer can be awaited.</summary>
    public static HttpCompletionOption CompletionOf(HttpRequestMessage request) =>
        request.RequestUri!.OriginalString.StartsWith(Events, StringComparison.Ordinal)
            ? HttpCompletionOption.ResponseHeadersRead
            : HttpCompletionOption.ResponseContentRead;

    public static async Task<JsonElement> ReadAsAsync(this TerseServer server, string key, string path)
    {
        using var response = await server.SendAsAsync(key, HttpMethod.Get, path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
