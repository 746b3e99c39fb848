using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Terse.Tests.Events;

/// <summary>Sends requests to the API of webhooks.</summary>
internal static class WebhookServer
{
    public const string Path = "/api/v1/webhooks";

    public static async Task<HttpResponseMessage> SendHookAsync(
        this TerseServer server, string method, string path, string? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(Path + path, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await server.Http.SendAsync(request);
    }

    /// <summary>Sends a request that succeeds, and returns the JSON of the answer.</summary>
    public static async Task<JsonElement> CallHookAsync(
        this TerseServer server, string method, string path, string? body = null)
    {
        using var response = await server.SendHookAsync(method, path, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Creates a webhook, and returns its id and its secret.</summary>
    public static async Task<(string Id, string Secret)> CreateHookAsync(this TerseServer server, string body)
    {
        using var response = await server.SendHookAsync("POST", "", body);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var webhook = await response.Content.ReadFromJsonAsync<JsonElement>();
        return (webhook.Text("id")!, webhook.Text("secret")!);
    }

    public static string? Text(this JsonElement json, string field) => json.GetProperty(field).GetString();
}
