using System.Net;

namespace Terse.Visits;

/// <summary>
/// From which country a request came: as a header of the proxy says, else as a file says of the client's
/// address. The address is looked up and forgotten; only the two letters are ever kept.
/// </summary>
/// <param name="countryHeader">A header that holds the country; null or empty for none.</param>
/// <param name="addressHeader">
/// A header that holds the client's address; null or empty where the connection's address is the client's.
/// </param>
/// <param name="countries">What knows the country of an address; null for nothing.</param>
internal sealed class CountrySource(string? countryHeader, string? addressHeader, ICountryLookup? countries)
{
    /// <summary>Empty where it is not known. Never throws or waits.</summary>
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
    /// Of a list of addresses the last one counts: the nearest proxy added it, and who asks can put any
    /// before it. Without a readable one there is no address, since the connection's is the proxy's.
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
