using System.Net;

namespace Terse.Visits;

/// <summary>
/// Finds the country of a request in a header from the proxy. If the header does not contain a country, the
/// client's IP address determines the country. The address is never stored.
/// </summary>
/// <param name="countryHeader">
/// The name of the header in which the proxy sends the country; null or empty if there is no such header.
/// </param>
/// <param name="addressHeader">
/// The name of the header in which the proxy sends the client's address; null or empty if the client connects
/// without a proxy.
/// </param>
/// <param name="countries">Finds the country of an address; null if no MaxMind DB file is configured.</param>
internal sealed class CountrySource(string? countryHeader, string? addressHeader, ICountryLookup? countries)
{
    /// <summary>
    /// Returns the country code; empty if the country is unknown. Never throws and never blocks.
    /// </summary>
    public string CountryOf(HttpRequest request)
    {
        if (!string.IsNullOrEmpty(countryHeader))
        {
            var named = CountryCode.Of(LastOf(request, countryHeader).Trim());
            if (named.Length > 0)
                return named;
        }

        return countries is not null && AddressOf(request) is { } address ? countries.CountryOf(address) : "";
    }

    /// <summary>
    /// Returns the client's address; null if it is unknown. The address must not be stored. Only the last
    /// address of a list is reliable: the nearest proxy appended the last address, but the client can forge
    /// all addresses before it. If the last address is invalid, the result is null. The address of the
    /// connection is no substitute, because it is the address of the proxy.
    /// </summary>
    public IPAddress? AddressOf(HttpRequest request)
    {
        if (string.IsNullOrEmpty(addressHeader))
            return request.HttpContext.Connection.RemoteIpAddress;
        var last = LastOf(request, addressHeader);
        last = last[(last.LastIndexOf(',') + 1)..].Trim();
        return IPEndPoint.TryParse(last, out var endPoint) ? endPoint.Address : null;
    }

    private static ReadOnlySpan<char> LastOf(HttpRequest request, string header)
    {
        var values = request.Headers[header];
        return values.Count == 0 ? [] : values[^1];
    }
}
