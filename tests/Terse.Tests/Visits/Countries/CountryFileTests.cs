using System.Net;
using Terse.Harness;
using Terse.Hosting;
using Terse.Visits;
using static Terse.Tests.Visits.MmdbWriter;

namespace Terse.Tests.Visits;

public sealed class CountryFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(24)]
    [InlineData(28)]
    [InlineData(32)]
    public void Countries_of_IPv4_and_IPv6_addresses_are_found(int recordSize)
    {
        var file = Read(Sample(recordSize));

        Assert.Equal("DE", CountryOf(file, "192.0.2.7"));
        Assert.Equal("DE", CountryOf(file, "::ffff:192.0.2.7"));
        Assert.Equal("FR", CountryOf(file, "198.51.100.255"));
        Assert.Equal("SE", CountryOf(file, "2001:db8:1::1"));
        Assert.Equal("NO", CountryOf(file, "2001:db8:2:ffff::"));
    }

    [Theory]
    [InlineData("192.0.3.1")]
    [InlineData("198.51.99.255")]
    [InlineData("203.0.113.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("2001:db9::")]
    public void An_address_outside_all_networks_has_no_country(string address)
    {
        Assert.Equal("", CountryOf(Read(Sample()), address));
    }

    [Fact]
    public void An_IPv6_address_has_no_country_in_an_IPv4_file()
    {
        var file = Read(new MmdbWriter(ipVersion: 4).Add("192.0.2.0/24", Country("DE")));

        Assert.Equal("DE", CountryOf(file, "192.0.2.1"));
        Assert.Equal("DE", CountryOf(file, "::ffff:192.0.2.1"));
        Assert.Equal("", CountryOf(file, "192.0.3.1"));
        Assert.Equal("", CountryOf(file, "c000:0201::"));
    }

    [Theory]
    [InlineData(28, 0)]
    [InlineData(28, 3_000)]
    [InlineData(28, 600_000)]
    [InlineData(28, 17_000_000)]
    [InlineData(32, 17_000_000)]
    public void Pointers_to_shared_data_are_followed(int recordSize, int padding)
    {
        var writer = new MmdbWriter(recordSize);
        writer.AddData(new byte[padding]);
        var code = writer.AddData(Text("DE"));
        var country = writer.AddData(Map(("iso_code", Pointer(code))));
        var name = writer.AddData(Text("country"));
        writer.Add("192.0.2.0/25", Map(("country", Pointer(country))));
        byte[] withPointerAsName = [0xE1, .. Pointer(name), .. Pointer(country, form: 3)];
        writer.Add("192.0.2.128/25", withPointerAsName);

        var file = Read(writer);
        Assert.Equal("DE", CountryOf(file, "192.0.2.1"));
        Assert.Equal("DE", CountryOf(file, "192.0.2.200"));
    }

    [Fact]
    public void Fields_before_the_country_are_skipped()
    {
        var writer = new MmdbWriter();
        var shared = writer.AddData(Text("shared"));
        var file = Read(writer.Add("192.0.2.0/24", Map(
            ("array", Array(Map(("a", Array()), ("b", Text(new string('b', 70_000)))), Flag(false))),
            ("double", Double(1.5)),
            ("flag", Flag(true)),
            ("number", Number(9, ulong.MaxValue)),
            ("pointer", Pointer(shared)),
            ("text", Text(new string('t', 285))),
            ("country", Map(("iso_code", Text("DE")))))));

        Assert.Equal("DE", CountryOf(file, "192.0.2.1"));
    }

    [Fact]
    public void Files_with_the_country_code_in_other_fields_are_read_too()
    {
        var withCode = Read(new MmdbWriter()
            .Add("192.0.2.0/26", Map(("country", Text("DE"))))
            .Add("192.0.2.128/26", Map(("country", Text("Nowhere"))))
            .Add("192.0.2.192/26", Text("DE")));
        var withNameAndCode = Read(new MmdbWriter()
            .Add("192.0.2.0/26", Text("DE"))
            .Add("192.0.2.64/26", Map(("country_code", Text("FR")), ("country", Text("France")))));
        var withCountryCode = Read(new MmdbWriter()
            .Add("192.0.2.0/26", Map(("city", Text("Oslo"))))
            .Add("192.0.2.64/26", Map(("country_code", Text("NO")))));

        Assert.Equal("DE", CountryOf(withCode, "192.0.2.1"));
        Assert.Equal("", CountryOf(withCode, "192.0.2.129"));
        Assert.Equal("", CountryOf(withCode, "192.0.2.193"));
        Assert.Equal("FR", CountryOf(withNameAndCode, "192.0.2.65"));
        Assert.Equal("NO", CountryOf(withCountryCode, "192.0.2.65"));
    }

    [Fact]
    public void A_record_without_a_country_has_none()
    {
        var file = Read(Sample().Add("203.0.113.0/24", Map(("city", Text("Oslo")))));

        Assert.Equal("", CountryOf(file, "203.0.113.1"));
        Assert.Equal("DE", CountryOf(file, "192.0.2.1"));
    }

    /// <summary>Every redirect looks up a country, so a lookup must allocate little.</summary>
    [Fact]
    public void A_lookup_allocates_less_than_200_bytes()
    {
        const int Lookups = 1000;
        var file = Read(Sample());
        var address = IPAddress.Parse("192.0.2.7");
        file.CountryOf(address);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Lookups; i++)
            file.CountryOf(address);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Lookups, 0, 200);
    }

    [Fact]
    public void A_file_is_read_from_the_disk()
    {
        File.WriteAllBytes(_folder["countries.mmdb"], Sample().ToBytes());
        Assert.Equal("DE", CountryOf(CountryFile.Open(_folder["countries.mmdb"]), "192.0.2.7"));
    }

    [Fact]
    public void The_start_fails_if_the_file_is_missing_or_not_a_MaxMind_DB_file_of_version_2()
    {
        AssertRefused(_folder["missing.mmdb"], "cannot be read");
        AssertRefused(_folder.Path, "cannot be read");
        File.WriteAllText(_folder["text.mmdb"], "some text");
        AssertRefused(_folder["text.mmdb"], "not a complete MaxMind DB file");
        File.WriteAllBytes(_folder["later.mmdb"], new MmdbWriter { MajorVersion = 3 }.ToBytes());
        AssertRefused(_folder["later.mmdb"], "not a complete MaxMind DB file");
        foreach (var ipVersion in (int[])[4, 6])
        {
            var odd = new MmdbWriter(recordSize: 20, ipVersion);
            File.WriteAllBytes(_folder["odd.mmdb"], odd.ToBytes());
            AssertRefused(_folder["odd.mmdb"], "not a complete MaxMind DB file");
        }
    }

    [Fact]
    public void A_truncated_file_is_refused_at_any_length()
    {
        var bytes = Sample().ToBytes();
        for (var length = 0; length < bytes.Length; length++)
            Assert.Null(CountryFile.Read(new MemoryStream(bytes[..length])));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(28)]
    [InlineData(32)]
    public void A_file_with_a_damaged_byte_is_refused_or_answers_without_an_exception(int recordSize)
    {
        var bytes = Sample(recordSize).ToBytes();
        var answers = 0;
        for (var at = 0; at < bytes.Length; at++)
        {
            foreach (var wrong in (byte[])[0x00, 0x3F, 0xFF, (byte)(bytes[at] ^ 0x20)])
            {
                var right = bytes[at];
                bytes[at] = wrong;
                answers += CountAnswers(bytes);
                bytes[at] = right;
            }
        }

        Assert.True(answers > bytes.Length, $"{answers} answers");
    }

    [Fact]
    public void A_lookup_of_a_record_with_circular_pointers_ends_without_a_country()
    {
        var file = Read(WithCircles(new MmdbWriter().Add("10.0.0.0/8", Country("DE"))));

        Assert.Equal("DE", CountryOf(file, "10.0.0.1"));
        Assert.Equal("", CountryOf(file, "192.0.2.1"));
        Assert.Equal("", CountryOf(file, "192.0.2.129"));
    }

    [Fact]
    public void A_file_whose_first_record_has_circular_pointers_is_refused()
    {
        Assert.Null(CountryFile.Read(new MemoryStream(WithCircles(new MmdbWriter()).ToBytes())));
    }

    private static MmdbWriter WithCircles(MmdbWriter writer)
    {
        var offset = writer.AddData([]);
        writer.Add("192.0.2.0/25", Map(("a", Array(Pointer(offset))), ("country", Pointer(offset))));
        return writer.Add("192.0.2.128/25", [0xFF, 0xFF, 0xFF, 0xFF, .. Text("a"), .. Pointer(offset)]);
    }

    private static MmdbWriter Sample(int recordSize = 24) => new MmdbWriter(recordSize)
        .Add("192.0.2.0/24", Country("DE"))
        .Add("198.51.100.0/24", Map(("country", Map(("iso_code", Text("FR"))))))
        .Add("2001:db8:1::/48", Country("SE"))
        .Add("2001:db8:2::/48", Map(("country", Map(("iso_code", Text("NO"))))));

    private static string CountryOf(CountryFile file, string address) =>
        file.CountryOf(IPAddress.Parse(address));

    private static CountryFile Read(MmdbWriter writer) =>
        CountryFile.Read(new MemoryStream(writer.ToBytes()))!;

    private static int CountAnswers(byte[] bytes)
    {
        string[] addresses = ["192.0.2.7", "198.51.100.1", "2001:db8:1::1", "2001:db8:2::1", "::"];
        return CountryFile.Read(new MemoryStream(bytes)) is { } file
            ? addresses.Count(address => CountryOf(file, address).Length is 0 or 2)
            : 0;
    }

    private static void AssertRefused(string path, string reason)
    {
        var message = Assert.Throws<StartupException>(() => CountryFile.Open(path)).Message;
        Assert.Contains(reason, message);
        Assert.StartsWith($"Visits:CountryFile is '{path}'", message);
    }
}
