using System.Net;
using System.Net.Sockets;
using MaxMind.Db;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Finds the countries of IP addresses in a MaxMind DB file of format version 2
/// (https://maxmind.github.io/MaxMind-DB/). The whole file is loaded into memory, so later changes to the
/// file have no effect until the next start.
/// </summary>
/// <remarks>
/// Publishers of MaxMind DB files store the country in different fields. The first records of the file show
/// which fields the publisher uses. All lookups decode only these fields, because decoding the whole record
/// takes ten times as much memory.
/// </remarks>
internal sealed class CountryFile : ICountryLookup
{
    /// <summary>
    /// The maximum number of records that are read to find out which fields the publisher uses.
    /// </summary>
    private const int MaxSamples = 1_000;

    private const int FormatVersion = 2;

    /// <summary>
    /// Finds the country code of an address. The MaxMind reader behind this delegate is never disposed,
    /// because a request that outlives the server's shutdown may still look up an address. The reader's
    /// finalizers release the memory.
    /// </summary>
    private readonly Func<IPAddress, string?> _findCode;

    private readonly bool _supportsIPv6;

    private CountryFile(Reader reader, bool isNested)
    {
        _supportsIPv6 = reader.Metadata.IPVersion == 6;
        _findCode = isNested
            ? address => reader.Find<NestedRecord>(address)?.Country?.IsoCode
            : address => reader.Find<FlatRecord>(address)?.Code;
    }

    /// <param name="path">The path of the file. The maximum size of the file is 2 GB.</param>
    /// <exception cref="StartupException">
    /// The file does not exist, cannot be read, or is not a complete MaxMind DB file of version 2.
    /// </exception>
    public static CountryFile Open(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Read(file) ?? throw new StartupException(
                $"Visits:CountryFile is '{path}', which is not a complete MaxMind DB file of version 2; "
                + "download the file again, and unpack the file if it is packed.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or ArgumentException or NotSupportedException)
        {
            throw new StartupException(
                $"Visits:CountryFile is '{path}', which cannot be read: {exception.Message}", exception);
        }
    }

    /// <returns>Null if the stream is not a complete MaxMind DB file of version 2.</returns>
    public static CountryFile? Read(Stream stream)
    {
        try
        {
#pragma warning disable CA2000 // The reader is never disposed; the comment of _findCode says why.
            var reader = new Reader(stream);
#pragma warning restore CA2000
            return reader.Metadata.BinaryFormatMajorVersion == FormatVersion
                ? new CountryFile(reader, IsNested(reader))
                : null;
        }
        catch (Exception exception) when (exception is InvalidDatabaseException or DeserializationException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public string CountryOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !_supportsIPv6)
            return "";
        try
        {
            return CountryCode.Of(_findCode(address));
        }
        catch (Exception exception) when (exception is InvalidDatabaseException or DeserializationException)
        {
            // The record of this address is damaged, or stores the country in a different format than the
            // first records of the file. The country stays unknown.
            return "";
        }
    }

    /// <summary>Whether the records of the file have the format of <see cref="NestedRecord"/>.</summary>
    private static bool IsNested(Reader reader)
    {
        foreach (var node in reader.FindAll<object>().Take(MaxSamples))
        {
            if (node.Data is not Dictionary<string, object> record)
                continue;
            if (record.TryGetValue("country", out var country))
                return country is not string;
            if (record.ContainsKey("country_code"))
                return false;
        }

        return true;
    }

    /// <summary>The record format of MaxMind and DB-IP: the code is in <c>country.iso_code</c>.</summary>
    internal sealed class NestedRecord
    {
        [MapKey("country")]
        public CountryRecord? Country { get; init; }
    }

    internal sealed class CountryRecord
    {
        [MapKey("iso_code")]
        public string? IsoCode { get; init; }
    }

    /// <summary>
    /// The record format of IPinfo: the code is in <c>country_code</c> or in <c>country</c>.
    /// </summary>
    internal sealed class FlatRecord
    {
        [MapKey("country")]
        public string? Country { get; init; }

        [MapKey("country_code")]
        public string? CountryCode { get; init; }

        public string? Code => Country is { Length: 2 } ? Country : CountryCode;
    }
}
