using System.Net;

namespace Terse.Visits;

/// <summary>
/// Finds the country of a request: from a header of the proxy, or else from the client's IP address. The
/// address is never stored.
/// </summary>
/// <param name="countryHeader">The header with the country; null or empty for none.</param>
/// <param name="addressHeader">
/// The header with the client's address; null or empty if the client connects without a proxy.
/// </param>
/// <param name="countries">Finds the country of an address; null if no file is configured.</param>
internal sealed class CountrySource(string? countryHeader, string? addressHeader, ICountryLookup? countries)
{
    /// <summary>The country; empty if the country is unknown. Never throws or blocks.</summary>
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
    /// Reads the last address of a list: the nearest proxy appended this address, and the client can forge
    /// all addresses before. Null if that address is invalid; the connection's address is the proxy's.
    /// </summary>
    private IPAddress? AddressOf(HttpRequest request)
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
