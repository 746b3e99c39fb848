using System.Text.Json.Serialization;
using Terse.Links;
using Terse.Web;

namespace Terse.Commands;

/// <summary>The result for one target: either its short URL or an error message.</summary>
internal sealed record ShortenedLine(int Number, string? ShortUrl, string? Error);

/// <summary>The body of a request that creates a link.</summary>
internal sealed record LinkRequest(string Target);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(LinkRequest))]
internal sealed partial class LinkRequestJson : JsonSerializerContext;

/// <summary>Creates links through the API of a Terse server.</summary>
internal static class LinkClient
{
    private static readonly LinkRequestJson Json = new(JsonRules.CreateOptions());

    public static async Task<ShortenedLine> ShortenAsync(
        this ServerClient server, int number, string target, CancellationToken cancellationToken)
    {
        if (target.Contains('\uFFFD', StringComparison.Ordinal))
            return new(number, null, "The line is not valid UTF-8.");
        if (target.Length > Target.MaxBytes)
        {
            return new(
                number,
                null,
                $"The target is too long; it can have at most {Target.MaxBytes} bytes in UTF-8.");
        }


        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/links")
        {
            Content = JsonContent.Create(new LinkRequest(target), Json.LinkRequest),
        };
        var (link, error) = await server.SendAsync(
            request, ServerAnswerJson.Default.LinkAnswer, cancellationToken);
        return link?.ShortUrl is { } shortUrl
            ? new(number, shortUrl, null)
            : new(number, null, error ?? server.NotTerseError);
    }
}
