using Terse.Links;
using Terse.Web;

namespace Terse.Commands;

/// <summary>What became of one target: its short URL, or why there is none.</summary>
internal sealed record ShortenedLine(int Number, string? ShortUrl, string? Error);

/// <summary>Makes links over a server's API.</summary>
internal static class LinkClient
{
    public static async Task<ShortenedLine> ShortenAsync(
        this ServerClient server, int number, string target, CancellationToken cancellationToken)
    {
        if (target.Contains('\uFFFD', StringComparison.Ordinal))
            return new(number, null, "The line is not text in UTF-8.");
        if (target.Length > Target.MaxBytes)
            return new(number, null, $"A target has at most {Target.MaxBytes} bytes in UTF-8.");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/links")
        {
            Content = JsonContent.Create(new NewLink(target, null, null), TerseJson.Context.NewLink),
        };
        var (link, error) = await server.AskAsync(
            request, ServerAnswerJson.Default.LinkAnswer, cancellationToken);
        return link?.ShortUrl is { } shortUrl
            ? new(number, shortUrl, null)
            : new(number, null, error ?? server.NotAsTerse);
    }
}
