using System.Net;

namespace Terse.Visits;

/// <summary>Says in which country an address is. Safe for use by any number of threads.</summary>
internal interface ICountryLookup
{
    /// <summary>
    /// The country as <see cref="CountryCode"/> has it; empty where it is not known. Never throws, waits or
    /// allocates.
    /// </summary>
    string CountryOf(IPAddress address);
}
