using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// Answers a request with the short URL of a link as a QR code. The parameters of the query string describe
/// the image (<see cref="QrStyle"/>). The <c>ETag</c> changes with the short URL and with the parameters.
/// </summary>
internal static class QrResponse
{
    /// <summary>Part of each entity tag; a change of the drawing needs a new number.</summary>
    private const int DrawingVersion = 1;

    private const int TagBytes = 12;

    public static Task WriteAsync(
        HttpContext context, LinkName link, DomainMap domains, QrFormat format, string cacheControl)
    {
        var query = context.Request.Query;
        if (!QrStyle.TryRead(name => query[name], out var style, out var refusal))
            return Refuse(context, refusal.Field, refusal.Detail);
        var url = ShortUrl.Of(link, domains, RequestOrigin.Of(context));
        var response = context.Response;
        var tag = TagOf(url, style, format);
        if (EntityTags.IsCachedByClient(context.Request, tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            SetHeaders(response, tag, cacheControl);
            return Task.CompletedTask;
        }

        if (!QrImage.TryDraw(url, style, format, out var image))
        {
            return Refuse(
                context, "size", "The short URL does not fit; send a larger 'size' or the 'level' L or M.");
        }

        SetHeaders(response, tag, cacheControl);
        response.ContentType = format == QrFormat.Svg ? "image/svg+xml" : "image/png";
        response.ContentLength = image.Length;
        return response.Body.WriteAsync(image, context.RequestAborted).AsTask();
    }

    private static Task Refuse(HttpContext context, string field, string detail) =>
        Problem.Of(ProblemType.QueryInvalid, detail, field).ExecuteAsync(context);

    private static void SetHeaders(HttpResponse response, string tag, string cacheControl)
    {
        response.Headers.ETag = tag;
        response.Headers.CacheControl = cacheControl;
        response.Headers["X-Robots-Tag"] = "noindex";
    }

    private static string TagOf(string url, QrStyle style, QrFormat format)
    {
        var content = string.Create(CultureInfo.InvariantCulture, $"{DrawingVersion} {format} {style} {url}");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(content));
        return $"\"{Convert.ToHexStringLower(hash.AsSpan(..TagBytes))}\"";
    }
}
