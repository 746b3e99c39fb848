using System.Net;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>Knows the addresses of <see cref="ProxyOptions.Trusted"/>.</summary>
internal sealed class TrustedProxies(IOptions<ProxyOptions> options)
{
    public IReadOnlyList<IPNetwork> Networks { get; } = options.Value.ToNetworks();

    /// <summary>Whether the address is that of a trusted proxy. An unknown address is not.</summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null)
            return false;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        for (var index = 0; index < Networks.Count; index++)
        {
            if (Networks[index].Contains(address))
                return true;
        }

        return false;
    }
}
