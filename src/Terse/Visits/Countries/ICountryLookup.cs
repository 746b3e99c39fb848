using System.Net;

namespace Terse.Visits;

/// <summary>Finds the country of an IP address. Safe for use by any number of threads.</summary>
internal interface ICountryLookup
{
    /// <summary>
    /// Returns the country code in the format of <see cref="CountryCode"/>; empty if the country is unknown.
    /// Never throws and never blocks.
    /// </summary>
    string CountryOf(IPAddress address);
}
