using System.Text.Json;
using System.Text.Json.Serialization;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Commands;

/// <summary>What became of one target: its short URL, or why there is none.</summary>
internal sealed record ShortenedLine(int Number, string? ShortUrl, string? Error);

/// <summary>What a client needs of an answer, be it a link or a problem; all else is passed over.</summary>
internal sealed record LinkAnswer(string? ShortUrl, string? Detail);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LinkAnswer))]
internal sealed partial class LinkClientJson : JsonSerializerContext;

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
        if (target.Length > Target.MaxBytes)
            return new(number, null, $"A target has at most {Target.MaxBytes} bytes in UTF-8.");
        try
        {
            using var response = await _http.PostAsJsonAsync(
                "/api/v1/links",
                new NewLink(target, null, null),
                TerseJson.Context.NewLink,
                cancellationToken);
            var answer = await response.Content.ReadFromJsonAsync(
                LinkClientJson.Default.LinkAnswer, cancellationToken);
            if (response.IsSuccessStatusCode && answer?.ShortUrl is { } shortUrl)
                return new(number, shortUrl, null);
            var status = (int)response.StatusCode;
            return new(number, null, answer?.Detail ?? $"{_http.BaseAddress} answers {status} and no more.");
        }
        catch (HttpRequestException exception)
        {
            return new(number, null, $"{_http.BaseAddress} cannot be reached: {exception.Message}");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
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
