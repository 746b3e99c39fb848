using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Finds the country of a request in a header from the proxy. If the header does not contain a country, the
/// client's IP address determines the country. The address is never stored.
/// </summary>
/// <param name="countryHeader">
/// The name of the header in which the proxy sends the country; null or empty if there is no such header.
/// </param>
/// <param name="countries">Finds the country of an address; null if no MaxMind DB file is configured.</param>
internal sealed class CountrySource(string? countryHeader, ICountryLookup? countries)
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

        return countries is not null && ClientAddress.Of(request.HttpContext) is { } address
            ? countries.CountryOf(address)
            : "";
    }

    private static ReadOnlySpan<char> LastOf(HttpRequest request, string header)
    {
        var values = request.Headers[header];
        return values.Count == 0 ? [] : values[^1];
    }
}
