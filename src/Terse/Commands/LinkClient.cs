using System.Text.Json;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Commands;

/// <summary>What became of one target: its short URL, or why there is none.</summary>
internal sealed record ShortenedLine(int Number, string? ShortUrl, string? Error);

/// <summary>Makes links over a server's API.</summary>
internal sealed class LinkClient : IDisposable
{
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;

    public LinkClient(Uri server, int maxConnections)
    {
        _handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = maxConnections,
            AllowAutoRedirect = false,
        };
        _http = new HttpClient(_handler) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(30) };
    }

    public async Task<ShortenedLine> ShortenAsync(
        int number, string target, CancellationToken cancellationToken)
    {
        if (target.Contains('\uFFFD', StringComparison.Ordinal))
            return new(number, null, "The line is not text in UTF-8.");
        try
        {
            var json = TerseJson.Context;
            using var response = await _http.PostAsJsonAsync(
                "/api/v1/links", new NewLink(target, null, null), json.NewLink, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                var link = await response.Content.ReadFromJsonAsync(json.LinkResource, cancellationToken);
                return new(number, link!.ShortUrl, null);
            }

            var problem = await response.Content.ReadFromJsonAsync(json.ProblemBody, cancellationToken);
            return new(number, null, problem!.Detail);
        }
        catch (HttpRequestException exception)
        {
            return new(number, null, $"{_http.BaseAddress} cannot be reached: {exception.Message}");
        }
        catch (JsonException)
        {
            return new(number, null, $"{_http.BaseAddress} does not answer as Terse does.");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var seconds = _http.Timeout.TotalSeconds;
            return new(number, null, $"{_http.BaseAddress} gave no answer within {seconds:0} s.");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }
}
