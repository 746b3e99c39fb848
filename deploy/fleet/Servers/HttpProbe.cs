using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.FleetTool;

/// <summary>Sends requests to the parts of a fleet, directly and without following redirects.</summary>
internal sealed class HttpProbe : IDisposable
{
    private readonly HttpClient _http = new(
        new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }, disposeHandler: true)
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    public async Task<bool> IsReadyAsync(FleetPart part, string path = "/readyz") =>
        await StatusOfAsync(new Uri(part.Address + path)) is HttpStatusCode.OK;

    /// <summary>Returns true if a link can be created and followed through the balancer.</summary>
    public async Task<bool> RedirectsAsync(FleetPart balancer)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(balancer.Address + "/api/v1/links"))
        {
            Headers = { { "Idempotency-Key", "fleet-up" } },
            Content = JsonContent.Create(new { target = "https://example.com/" }),
        };
        try
        {
            using var response = await _http.SendAsync(request);
            if (!response.IsSuccessStatusCode)
                return false;
            var link = await response.Content.ReadFromJsonAsync<JsonElement>();
            return await StatusOfAsync(new Uri(link.GetProperty("shortUrl").GetString()!))
                is HttpStatusCode.Redirect;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Returns the text of a page; null if there is no answer with status 200.</summary>
    public async Task<string?> ReadAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetStringAsync(address, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpStatusCode?> StatusOfAsync(Uri address)
    {
        try
        {
            using var response = await _http.GetAsync(address);
            return response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }
}
