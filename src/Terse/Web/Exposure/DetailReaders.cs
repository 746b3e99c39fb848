using System.Net;
using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Decides which clients see details of the server's state: by default those on this machine
/// (<see cref="WebOptions.DetailsFor"/>).
/// </summary>
internal sealed class DetailReaders(IOptions<WebOptions> options)
{
    private static readonly string[] ThisMachine = ["127.0.0.0/8", "::1/128"];

    private readonly IPNetwork[] _networks =
    [
        .. (options.Value.DetailsFor is { Count: > 0 } networks ? networks : ThisMachine)
            .Select(network => IPNetwork.Parse(network)),
    ];

    /// <remarks>
    /// A request that a proxy forwarded is refused: everybody may reach the proxy, and it may be on this
    /// machine.
    /// </remarks>
    public bool Contains(HttpContext context) =>
        ClientAddress.Of(context) is { } address
        && !ForwardingHeaders.ArePresent(context.Request)
        && Array.Exists(_networks, network => network.Contains(address));
}
