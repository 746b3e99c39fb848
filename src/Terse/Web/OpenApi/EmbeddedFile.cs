using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Terse.Web;

/// <summary>A file that is a part of the program, and is served unchanged.</summary>
internal sealed class EmbeddedFile
{
    private readonly byte[] _bytes;
    private readonly string _contentType;
    private readonly bool _isGzip;
    private readonly string _tag;

    private EmbeddedFile(byte[] bytes, string contentType, bool isGzip)
    {
        _bytes = bytes;
        _contentType = contentType;
        _isGzip = isGzip;
        _tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(..12))}\"";
    }

    /// <param name="assembly">The assembly that contains the file.</param>
    /// <param name="resource">The name of the file in the assembly.</param>
    /// <param name="contentType">The media type of the file.</param>
    /// <param name="isGzip">Whether the file is compressed.</param>
    public static EmbeddedFile Load(Assembly assembly, string resource, string contentType, bool isGzip)
    {
        using var stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The file {resource} is not embedded.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(bytes, contentType, isGzip);
    }

    /// <remarks>
    /// Browsers ask with each use whether the file has changed, because its path does not change with the
    /// version of the program.
    /// </remarks>
    public async Task WriteAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ETag = _tag;
        response.Headers.CacheControl = "no-cache";
        if (_isGzip)
            response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (EntityTags.IsCachedByClient(request, _tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var bytes = _bytes;
        if (_isGzip && AcceptsGzip(request))
            response.Headers.ContentEncoding = "gzip";
        else if (_isGzip)
            bytes = await DecompressAsync(bytes, context.RequestAborted);
        response.ContentType = _contentType;
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static bool AcceptsGzip(HttpRequest request) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var encodings)
        && encodings.Any(encoding =>
            encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase)
            && encoding.Quality is null or > 0);

    private static async Task<byte[]> DecompressAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        await using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        await gzip.CopyToAsync(plain, cancellationToken);
        return plain.ToArray();
    }
}
