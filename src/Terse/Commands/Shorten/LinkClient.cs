using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Terse.Links;

namespace Terse.Commands;

/// <summary>What became of one target: its short URL, or why there is none.</summary>
internal sealed record ShortenedLine(int Number, string? ShortUrl, string? Error);

/// <summary>The body of a request for a short URL.</summary>
internal sealed record LinkRequest(string Target);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LinkRequest))]
internal sealed partial class LinkRequestJson : JsonSerializerContext;

/// <summary>Creates links over a server's API.</summary>
internal static class LinkClient
{
    /// <summary>Does not escape URLs, which the default encoder makes up to six times as long.</summary>
    private static readonly LinkRequestJson Json = new(
        new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });

    public static async Task<ShortenedLine> ShortenAsync(
        this ServerClient server, int number, string target, CancellationToken cancellationToken)
    {
        if (target.Contains('\uFFFD', StringComparison.Ordinal))
            return new(number, null, "The line is not text in UTF-8.");
        if (target.Length > Target.MaxBytes)
            return new(number, null, $"A target has at most {Target.MaxBytes} bytes in UTF-8.");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/links")
        {
            Content = JsonContent.Create(new LinkRequest(target), Json.LinkRequest),
        };
        var (link, error) = await server.AskAsync(
            request, ServerAnswerJson.Default.LinkAnswer, cancellationToken);
        return link?.ShortUrl is { } shortUrl
            ? new(number, shortUrl, null)
            : new(number, null, error ?? server.NotAsTerse);
    }
}
