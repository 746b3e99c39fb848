using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Terse.Web;

/// <summary>Reads a request's body as JSON in UTF-8, which is the only kind there is (RFC 8259).</summary>
internal static class JsonBody
{
    /// <exception cref="BadHttpRequestException">
    /// It is not sent as JSON, or is none, or not of this type; the status says which, and the inner
    /// <see cref="JsonException"/> where.
    /// </exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type)
        where T : class
    {
        if (!IsJson(request.ContentType))
            throw new BadHttpRequestException("No JSON.", StatusCodes.Status415UnsupportedMediaType);
        try
        {
            var aborted = request.HttpContext.RequestAborted;
            return await JsonSerializer.DeserializeAsync(request.Body, type, aborted)
                ?? throw new BadHttpRequestException("The body is null.");
        }
        catch (JsonException exception)
        {
            throw new BadHttpRequestException("The body is malformed.", exception);
        }
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var mediaType)
        && string.Equals(mediaType.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)
        && (mediaType.CharSet is null
            || string.Equals(mediaType.CharSet.Trim('"'), "utf-8", StringComparison.OrdinalIgnoreCase));
}
