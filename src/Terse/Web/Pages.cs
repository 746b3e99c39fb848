using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Terse.Web;

/// <summary>
/// Writes the HTML pages that people see in a browser. The templates are Pages/*.html. Every value that is
/// inserted into a template is HTML-encoded. No page contains a script, and its policy
/// (<see cref="SecurityHeaders"/>) allows only its own style, by the hash of the style. So the pages need no
/// second request, and work on every host.
/// </summary>
internal static class Pages
{
    private static readonly Page Home = Load("home.html");
    private static readonly Page Error = Load("error.html");
    private static readonly Page Preview = Load("preview.html");
    private static readonly Page LockedPreview = Load("locked-preview.html");
    private static readonly Page Reported = Load("reported.html");
    private static readonly Page Guarded = Load("guarded.html");
    private static readonly Page Password = Load("password.html");

    private static readonly Page[] All = [Home, Error, Preview, LockedPreview, Reported, Guarded, Password];

    /// <summary>The name of each page, and the SHA-256 hash of its style in base 64.</summary>
    public static IEnumerable<(string Name, string StyleHash)> Styles =>
        All.Select(page => (page.Name, page.StyleHash));

    public static Task WriteHomeAsync(HttpResponse response, string origin, string version) =>
        WriteAsync(response, Home, ("origin", origin), ("version", version));

    public static Task WriteErrorAsync(HttpResponse response, string title, string detail, string traceId) =>
        WriteAsync(response, Error, ("title", title), ("detail", detail), ("traceId", traceId));

    /// <summary>Writes a page that shows where a link leads.</summary>
    /// <param name="response">The response.</param>
    /// <param name="page">The other parts of the page.</param>
    /// <param name="target">The target in ASCII.</param>
    /// <param name="readable">The target in parts, so that the host stands out.</param>
    /// <param name="unicodeHost">The host in Unicode; null if it is the same.</param>
    public static Task WritePreviewAsync(
        HttpResponse response,
        PreviewPage page,
        string target,
        (string Before, string Host, string After) readable,
        string? unicodeHost) => WriteAsync(
            response,
            Preview,
            [
                .. page.Parts,
                ("target", target),
                ("before", readable.Before),
                ("host", readable.Host),
                ("after", readable.After),
                ("unicode", unicodeHost is null ? "" : $"In Unicode, the host is {unicodeHost}."),
            ]);

    /// <summary>Writes a page about a link that does not contain the target.</summary>
    /// <param name="response">The response.</param>
    /// <param name="page">The other parts of the page.</param>
    /// <param name="reason">Why, in a sentence that continues the short URL.</param>
    public static Task WriteLockedPreviewAsync(HttpResponse response, PreviewPage page, string reason) =>
        WriteAsync(response, LockedPreview, [.. page.Parts, ("reason", reason)]);

    /// <summary>Writes a page that thanks for a report about a link.</summary>
    public static Task WriteReportedAsync(HttpResponse response) => WriteAsync(response, Reported);

    /// <summary>
    /// Writes a page about a link with a visit limit or a password, for programs that show a preview of the
    /// link. The page does not contain the target.
    /// </summary>
    public static Task WriteGuardedAsync(HttpResponse response, string title, string domain) =>
        WriteAsync(response, Guarded, ("title", title), ("domain", domain));

    /// <summary>Writes a page with a form that asks for the password of a link.</summary>
    /// <param name="response">The response.</param>
    /// <param name="title">The title of the link, or its short URL.</param>
    /// <param name="message">Why the page is shown again; empty if it is shown for the first time.</param>
    public static Task WritePasswordAsync(HttpResponse response, string title, string message) =>
        WriteAsync(response, Password, ("title", title), ("message", message));

    private static Task WriteAsync(
        HttpResponse response, Page page, params (string Name, string Value)[] parts)
    {
        var bytes = Encoding.UTF8.GetBytes(Fill(page.Template, parts));

        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = bytes.Length;
        SecurityHeaders.UsePolicy(response.HttpContext, page.Name);
        return response.Body.WriteAsync(bytes, response.HttpContext.RequestAborted).AsTask();
    }

    /// <summary>
    /// Replaces the names in a template by values. A value that looks like a name is not replaced again.
    /// </summary>
    private static string Fill(string template, (string Name, string Value)[] parts)
    {
        var pieces = template.Split("{{");
        var text = new StringBuilder(pieces[0]);
        foreach (var piece in pieces.AsSpan(1))
        {
            var end = piece.IndexOf("}}", StringComparison.Ordinal);
            var value = Array.Find(parts, part => piece.AsSpan(..end).SequenceEqual(part.Name)).Value;
            text.Append(WebUtility.HtmlEncode(value)).Append(piece.AsSpan(end + 2));
        }

        return text.ToString();
    }

    private static Page Load(string name)
    {
        using var stream = typeof(Pages).Assembly.GetManifestResourceStream($"Terse.Web.Pages.{name}")
            ?? throw new InvalidOperationException($"The page {name} is not embedded in the program.");
        using var reader = new StreamReader(stream);
        var template = reader.ReadToEnd();
        return new(name, template, HashStyle(template));
    }

    private static string HashStyle(string template)
    {
        const string Begin = "<style>";
        var start = template.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var style = template[start..template.IndexOf("</style>", StringComparison.Ordinal)];
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
    }

    /// <param name="Name">The name of the file.</param>
    /// <param name="Template">The HTML text, with names in double braces in place of values.</param>
    /// <param name="StyleHash">The hash of the content of its style element.</param>
    private sealed record Page(string Name, string Template, string StyleHash);
}

/// <summary>The parts of a page about a link that do not depend on its target.</summary>
/// <param name="ShortUrl">The short URL.</param>
/// <param name="Title">The title of the link, or its short URL.</param>
/// <param name="CreatedAt">When the link was created.</param>
/// <param name="QrCode">The short URL as a QR code, in SVG.</param>
/// <param name="ReportPath">The path to which the form sends a report about the link.</param>
internal sealed record PreviewPage(
    string ShortUrl, string Title, DateTimeOffset CreatedAt, byte[] QrCode, string ReportPath)
{
    public IEnumerable<(string Name, string Value)> Parts =>
    [
        ("shortUrl", ShortUrl),
        ("title", Title),
        ("created", CreatedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        ("report", ReportPath),
        ("qr", "data:image/svg+xml;base64," + Convert.ToBase64String(QrCode)),
    ];
}
