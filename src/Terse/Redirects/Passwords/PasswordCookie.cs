using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// The cookie of a visitor who has sent the right password of a link. It is valid for an hour, for this link
/// alone, on all servers, and until the password changes. Its value is the end of its validity and a keyed
/// hash of this end and of the link's id. The key is stored with the password, and changes with the password.
/// </summary>
internal static class PasswordCookie
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const string Prefix = "terse-";

    /// <summary>Whether the request contains a valid cookie of the link.</summary>
    public static bool IsValid(HttpRequest request, long link, LinkPassword password, DateTimeOffset now) =>
        request.Cookies[NameOf(link)]?.Split('.') is [var endText, var signature]
        && long.TryParse(endText, NumberStyles.None, CultureInfo.InvariantCulture, out var end)
        && end > now.ToUnixTimeSeconds()
        && CryptographicOperations.FixedTimeEquals(
            System.Text.Encoding.UTF8.GetBytes(signature),
            System.Text.Encoding.UTF8.GetBytes(SignatureOf(link, end, password)));

    /// <param name="context">The request, and the response that sets the cookie.</param>
    /// <param name="link">The requested link.</param>
    /// <param name="password">The stored password of the link.</param>
    /// <param name="isSecure">Whether clients reach this server with https, directly or by a proxy.</param>
    /// <param name="now">The present time.</param>
    public static void Write(
        HttpContext context, CachedLink link, LinkPassword password, bool isSecure, DateTimeOffset now)
    {
        var end = (now + Lifetime).ToUnixTimeSeconds();
        var value = string.Create(
            CultureInfo.InvariantCulture, $"{end}.{SignatureOf(link.Id, end, password)}");
        context.Response.Cookies.Append(NameOf(link.Id), value, new CookieOptions
        {
            MaxAge = Lifetime,
            Path = PathOf(context, link.Code),
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = isSecure,
        });
    }

    private static string NameOf(long link) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{link}");

    private static string SignatureOf(long link, long end, LinkPassword password)
    {
        Span<byte> signed = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(signed, link);
        BinaryPrimitives.WriteInt64BigEndian(signed[sizeof(long)..], end);
        return Base64Url.EncodeToString(HMACSHA256.HashData(password.CookieKey, signed));
    }

    /// <summary>
    /// Returns the path of the cookie: the path up to the end of the code as the client sent it, because
    /// browsers compare paths without decoding them. A semicolon would end the attribute of the cookie, so
    /// the cookie of such a code has the path of all links; its name still contains the link's id. The path
    /// begins with the prefix under which a proxy publishes this server.
    /// </summary>
    private static string PathOf(HttpContext context, string code)
    {
        var path = CodePath.CodePartOf(context, code);
        return context.Request.PathBase.Value
            + (path.Contains(';', StringComparison.Ordinal) ? "/" : path);
    }
}
