using System.Net;
using System.Text;

namespace Terse.Web;

/// <summary>
/// Writes the HTML pages that people see in a browser. The templates are Pages/*.html. Every value that is
/// inserted into a template is HTML-encoded.
/// </summary>
internal static class Pages
{
    private static readonly string Home = Load("home.html");
    private static readonly string Error = Load("error.html");
    private static readonly string Link = Load("link.html");
    private static readonly string Limited = Load("limited.html");

    public static Task WriteHomeAsync(HttpResponse response, string origin, string version) =>
        WriteAsync(response, Home, ("origin", origin), ("version", version));

    public static Task WriteErrorAsync(HttpResponse response, string title, string detail, string traceId) =>
        WriteAsync(response, Error, ("title", title), ("detail", detail), ("traceId", traceId));

    public static Task WriteLinkAsync(HttpResponse response, string shortUrl, string target) =>
        WriteAsync(response, Link, ("shortUrl", shortUrl), ("target", target));

    /// <summary>
    /// Writes a page about a link with a visit limit, for programs that show a preview of the link. The page
    /// does not contain the target.
    /// </summary>
    public static Task WriteLimitedAsync(HttpResponse response, string title, string domain) =>
        WriteAsync(response, Limited, ("title", title), ("domain", domain));

    private static Task WriteAsync(
        HttpResponse response, string page, params (string Name, string Value)[] parts)
    {
        foreach (var (name, value) in parts)
            page = page.Replace("{{" + name + "}}", WebUtility.HtmlEncode(value), StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetBytes(page);

        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = bytes.Length;
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        return response.Body.WriteAsync(bytes, response.HttpContext.RequestAborted).AsTask();
    }

    private static string Load(string name)
    {
        using var stream = typeof(Pages).Assembly.GetManifestResourceStream($"Terse.Web.Pages.{name}")
            ?? throw new InvalidOperationException($"The page {name} is not embedded in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
