using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Says which proxies tell the truth about clients. The settings are in the section <c>Proxies</c>. The rules
/// are in docs/proxies.md.
/// </summary>
internal sealed class ProxyOptions
{
    public const string Section = "Proxies";

    public const string XForwarded = "X-Forwarded";

    public const string Forwarded = "Forwarded";

    public const int MaxHops = 20;

    public static readonly string[] SettingNames =
        [nameof(Trusted) + ":0", nameof(Hops), nameof(Headers), nameof(Protocol)];

    /// <summary>
    /// The networks of the proxies, such as <c>10.0.0.0/8</c>, and single addresses of proxies. Headers of
    /// other connections are ignored. Too wide: a client in such a network can forge its address. Too narrow:
    /// all clients of a proxy have the address of the proxy. Default: none.
    /// </summary>
    public IReadOnlyList<string> Trusted { get; set; } = [];

    /// <summary>
    /// The maximum number of proxies between the client and this server, 1 to 20. Too small: the address of a
    /// client is that of a proxy. Too large is harmless while every address in <see cref="Trusted"/> belongs
    /// to a proxy, because the search for the client ends at the first other address. Default: 1.
    /// </summary>
    public int Hops { get; set; } = 1;

    /// <summary>
    /// The headers that the proxies write: <c>X-Forwarded</c> for <c>X-Forwarded-For</c>, <c>-Proto</c>,
    /// <c>-Host</c> and <c>-Prefix</c>, or <c>Forwarded</c> (RFC 7239). The others are ignored, because a
    /// proxy passes on what it does not write, so a client could forge them. Default: <c>X-Forwarded</c>.
    /// </summary>
    public string Headers { get; set; } = XForwarded;

    /// <summary>
    /// Whether each connection begins with the PROXY protocol (<see cref="ProxyProtocol"/>). Other
    /// connections are then closed. Default: false.
    /// </summary>
    public bool Protocol { get; set; }

    /// <summary>Reads <see cref="Trusted"/>, without elements that are not networks.</summary>
    public IReadOnlyList<IPNetwork> ToNetworks() =>
        [.. Trusted.Select(Parse).OfType<IPNetwork>()];

    /// <returns>Null if the text is neither a network nor an address.</returns>
    public static IPNetwork? Parse(string text)
    {
        if (IPNetwork.TryParse(text, out var network))
        {
            var sent = IPAddress.Parse(text.AsSpan(..text.IndexOf('/', StringComparison.Ordinal)));
            return network.BaseAddress.Equals(sent) ? network : null;
        }

        return IPAddress.TryParse(text, out var address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : null;
    }
}

internal sealed class ProxyOptionsValidator : IValidateOptions<ProxyOptions>
{
    public ValidateOptionsResult Validate(string? name, ProxyOptions options)
    {
        var errors = FindErrors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FindErrors(ProxyOptions options)
    {
        foreach (var text in options.Trusted)
        {
            if (ProxyOptions.Parse(text) is not { } network)
            {
                yield return $"Proxies:Trusted contains '{text}', which is neither a network nor an address; "
                    + "write it like '10.0.0.0/8', with zeros behind the prefix, or like '192.0.2.7'.";
            }
            else if (network.PrefixLength == 0)
            {
                yield return $"Proxies:Trusted contains '{text}', so every client could forge its address; "
                    + "name the networks of your proxies.";
            }
        }

        if (options.Protocol && options.Trusted.Count == 0)
        {
            yield return "Proxies:Protocol is true, but Proxies:Trusted is empty; set it to the addresses of "
                + "your balancers.";
        }

        if (options.Hops is < 1 or > ProxyOptions.MaxHops)
            yield return $"Proxies:Hops is {options.Hops}; set 1 to {ProxyOptions.MaxHops}.";
        if (options.Headers is not (ProxyOptions.XForwarded or ProxyOptions.Forwarded))
        {
            yield return $"Proxies:Headers is '{options.Headers}'; set it to '{ProxyOptions.XForwarded}' or "
                + $"'{ProxyOptions.Forwarded}'.";
        }
    }
}
