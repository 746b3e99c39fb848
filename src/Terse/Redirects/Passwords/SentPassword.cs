using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Reads the password that a request contains. Programs send it in the header <c>Authorization</c> (HTTP
/// Basic, RFC 7617, with any user name), because HTTP clients do not send this header on to the host of the
/// target, as they do with headers that they do not know. Browsers send it in a form.
/// </summary>
internal static class SentPassword
{
    /// <summary>Asks a program for the password.</summary>
    public const string Challenge = "Basic realm=\"link\", charset=\"UTF-8\"";

    private const string Scheme = "Basic ";
    private const string Field = "password";
    private const string FormType = "application/x-www-form-urlencoded";

    /// <summary>
    /// Returns the password in the header; null without such a header. A header that cannot be read contains
    /// the empty password, which is never right.
    /// </summary>
    public static string? InHeader(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        Span<byte> bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[Scheme.Length..].Trim(), bytes, out var length))
            return "";
        var text = Encoding.UTF8.GetString(bytes[..length]);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? "" : text[(colon + 1)..];
    }

    /// <summary>Whether the request is a form that a browser sends.</summary>
    public static bool IsForm(HttpRequest request) =>
        HttpMethods.IsPost(request.Method)
        && request.ContentType?.StartsWith(FormType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>
    /// Returns the password in a form; the empty password if the form contains none or cannot be read.
    /// </summary>
    /// <inheritdoc cref="JsonBody.ReceiveAsync"/>
    public static async Task<string> InFormAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await JsonBody.ReceiveAsync(request, body);
        try
        {
            using var reader = new FormReader(Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length));
            var form = await reader.ReadFormAsync(request.HttpContext.RequestAborted);
            return form.TryGetValue(Field, out var values) ? values.ToString() : "";
        }
        catch (InvalidDataException)
        {
            return ""; // The form has too many fields.
        }
    }
}
