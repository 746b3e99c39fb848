using System.Net;
using Terse.Domains;

namespace Terse.Access;

/// <summary>What the API knows about a request, apart from its body.</summary>
/// <param name="Caller">Who calls.</param>
/// <param name="Origin">Where the client reached this server.</param>
/// <param name="ServerAddress">
/// The IP address, with its port, at which the server received the request.
/// </param>
/// <param name="ClientAddress">The address of the client; null for work of the server itself.</param>
internal sealed record RequestInfo(
    Caller Caller, RequestOrigin Origin, string ServerAddress, IPAddress? ClientAddress)
{
    /// <summary>Work that the server does in the background.</summary>
    public static readonly RequestInfo Server = new(Caller.Server, new("http", "", ""), "", null);

    public static RequestInfo Of(HttpContext context) => new(
        Caller.Of(context),
        RequestOrigin.Of(context),
        RequestHost.AddressOf(context),
        Hosting.ClientAddress.Of(context));
}
