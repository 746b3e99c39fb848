using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Hosting;

namespace Terse.Access;

/// <summary>What the API knows about a request, apart from its body.</summary>
/// <param name="Caller">Who calls.</param>
/// <param name="Actor">The caller, as the audit keeps it.</param>
/// <param name="Origin">Where the client reached this server.</param>
/// <param name="ServerAddress">
/// The IP address, with its port, at which the server received the request.
/// </param>
internal sealed record RequestInfo(Caller Caller, Actor Actor, RequestOrigin Origin, string ServerAddress)
{
    /// <summary>Work that the server does in the background.</summary>
    public static readonly RequestInfo Server = new(Caller.Server, Actor.None, new("http", "", ""), "");

    public static RequestInfo Of(HttpContext context)
    {
        var caller = Caller.Of(context);
        var options = context.RequestServices.GetRequiredService<IOptions<AccessOptions>>().Value;
        var address = options.AuditAddresses ? ClientAddress.Of(context)?.ToString() : null;
        return new(
            caller,
            new(caller.KeyId, address),
            RequestOrigin.Of(context),
            RequestHost.AddressOf(context));
    }
}
