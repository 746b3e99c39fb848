using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Terse.Hosting;
using HeaderNames = Microsoft.Net.Http.Headers.HeaderNames;

namespace Terse.Web;

/// <summary>Reads a request body as JSON in UTF-8, the only encoding that RFC 8259 allows.</summary>
internal static class JsonBody
{
    /// <param name="request">The request whose body is read.</param>
    /// <param name="type">
    /// Describes the type of the body; comes from the <c>JsonSerializerContext</c> of a feature.
    /// </param>
    /// <param name="expected">
    /// Describes a valid body for error messages: the end of the sentence "The body must be …".
    /// </param>
    /// <exception cref="JsonBodyException">
    /// The body is not valid JSON, is not an object of type <typeparamref name="T"/>, is compressed (status
    /// 415), or the client closed the connection before the end of the body.
    /// </exception>
    /// <exception cref="BadHttpRequestException">
    /// The content type is not JSON (status 415), or the body is too large (status 413) or incomplete.
    /// </exception>
    public static async Task<T> ReadAsync<T>(
        HttpRequest request, JsonTypeInfo<T> type, string expected)
        where T : class
    {
        if (!IsJson(request.ContentType))
        {
            throw new BadHttpRequestException(
                "The content type is not JSON.", StatusCodes.Status415UnsupportedMediaType);
        }

        if (request.Headers.ContentEncoding is { Count: > 0 } encodings && encodings is not ["identity"])
        {
            throw new JsonBodyException($"The body is encoded with {encodings}; send it without compression.")
            {
                Type = ProblemType.EncodingUnsupported,
                Field = HeaderNames.ContentEncoding,
            };
        }

        using var body = new MemoryStream();
        await ReceiveAsync(request, body);
        return Read(WithoutByteOrderMark(body), type, expected);
    }

    /// <summary>
    /// Receives the whole body of a request. While the server stops, the body must arrive in a limited time.
    /// </summary>
    /// <exception cref="JsonBodyException">
    /// The client closed the connection before the end of the body.
    /// </exception>
    /// <exception cref="BadHttpRequestException">The body is too large or incomplete.</exception>
    public static async Task ReceiveAsync(HttpRequest request, MemoryStream body)
    {
        var context = request.HttpContext;
        var drain = context.RequestServices.GetRequiredService<Drain>();
        await using var closing = drain.BodyDeadline.Register(
            static context => ((HttpContext)context!).Abort(), context);
        try
        {
            await request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            throw new JsonBodyException("The connection was closed before the end of the body.", exception);
        }
    }

    /// <summary>Reads a part of a request body, in UTF-8.</summary>
    /// <inheritdoc cref="ReadAsync{T}"/>
    public static T Read<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type, string expected)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type)
                ?? throw new JsonBodyException($"The body must be {expected}.");
        }
        catch (JsonException)
        {
            throw JsonBodyException.Of(body, type, expected);
        }
    }

    private static ReadOnlySpan<byte> WithoutByteOrderMark(MemoryStream body)
    {
        var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
        return bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var mediaType)
        && string.Equals(mediaType.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)
        && (mediaType.CharSet is null
            || string.Equals(mediaType.CharSet.Trim('"'), "utf-8", StringComparison.OrdinalIgnoreCase));
}
