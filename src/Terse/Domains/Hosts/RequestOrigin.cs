using System.Runtime.InteropServices;

namespace Terse.Domains;

/// <summary>
/// Where the client reached this server. Behind a trusted proxy, these are the values that the proxy sends.
/// </summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">The host, with its port, that the request was sent to.</param>
/// <param name="Prefix">
/// The path prefix under which a proxy publishes this server, such as <c>/go</c>; usually empty.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RequestOrigin(string Scheme, string Host, string Prefix)
{
    public static RequestOrigin Of(HttpContext context) =>
        new(context.Request.Scheme, RequestHost.Of(context), context.Request.PathBase.Value ?? "");
}
