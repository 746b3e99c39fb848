using System.Net;
using Terse.Harness;
using Terse.Hosting;
using Terse.Visits;
using static Terse.Tests.Visits.MmdbWriter;

namespace Terse.Tests.Visits;

public sealed class MmdbReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(24)]
    [InlineData(28)]
    [InlineData(32)]
    public void Addresses_of_both_kinds_are_found(int recordSize)
    {
        var reader = Open(Sample(recordSize));

        Assert.Equal("DE", CountryOf(reader, "192.0.2.7"));
        Assert.Equal("DE", CountryOf(reader, "::ffff:192.0.2.7"));
        Assert.Equal("FR", CountryOf(reader, "198.51.100.255"));
        Assert.Equal("SE", CountryOf(reader, "2001:db8:1::1"));
        Assert.Equal("NO", CountryOf(reader, "2001:db8:2:ffff::"));
    }

    [Theory]
    [InlineData("192.0.3.1")]
    [InlineData("198.51.99.255")]
    [InlineData("203.0.113.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("2001:db9::")]
    public void An_address_that_is_in_no_network_has_no_country(string address)
    {
        Assert.Equal("", CountryOf(Open(Sample()), address));
    }

    [Fact]
    public void A_file_of_IPv4_knows_no_address_of_IPv6()
    {
        var reader = Open(new MmdbWriter(ipVersion: 4).Add("192.0.2.0/24", Country("DE")));

        Assert.Equal("DE", CountryOf(reader, "192.0.2.1"));
        Assert.Equal("DE", CountryOf(reader, "::ffff:192.0.2.1"));
        Assert.Equal("", CountryOf(reader, "192.0.3.1"));
        Assert.Equal("", CountryOf(reader, "c000:0201::"));
    }

    [Theory]
    [InlineData(28, 0)]
    [InlineData(28, 3_000)]
    [InlineData(28, 600_000)]
    [InlineData(28, 17_000_000)]
    [InlineData(32, 17_000_000)]
    public void Data_that_several_share_is_found_through_a_pointer(int recordSize, int padding)
    {
        var writer = new MmdbWriter(recordSize);
        writer.AddData(new byte[padding]);
        var code = writer.AddData(Text("DE"));
        var country = writer.AddData(Map(("iso_code", Pointer(code))));
        var key = writer.AddData(Text("country"));
        writer.Add("192.0.2.0/25", Map(("country", Pointer(country))));
        byte[] withKey = [0xE1, .. Pointer(key), .. Pointer(country, form: 3)];
        writer.Add("192.0.2.128/25", withKey);

        var reader = Open(writer);
        Assert.Equal("DE", CountryOf(reader, "192.0.2.1"));
        Assert.Equal("DE", CountryOf(reader, "192.0.2.200"));
    }

    [Fact]
    public void Whatever_stands_before_the_country_is_passed_over()
    {
        var reader = Open(new MmdbWriter().Add("192.0.2.0/24", Map(
            ("array", Array(Map(("a", Array()), ("b", Text(new string('b', 70_000)))), Flag(false))),
            ("double", Double(1.5)),
            ("flag", Flag(true)),
            ("number", Number(9, ulong.MaxValue)),
            ("pointer", Pointer(0)),
            ("text", Text(new string('t', 285))),
            ("country", Map(("iso_code", Text("DE")))))));

        Assert.Equal("DE", CountryOf(reader, "192.0.2.1"));
    }

    [Fact]
    public void Files_that_name_the_country_otherwise_are_read_too()
    {
        var reader = Open(new MmdbWriter()
            .Add("192.0.2.0/26", Map(("country", Text("DE"))))
            .Add("192.0.2.64/26", Map(("country", Text("France")), ("country_code", Text("FR"))))
            .Add("192.0.2.128/26", Map(("country", Text("Nowhere"))))
            .Add("192.0.2.192/26", Text("DE")));

        Assert.Equal("DE", CountryOf(reader, "192.0.2.1"));
        Assert.Equal("FR", CountryOf(reader, "192.0.2.65"));
        Assert.Equal("", CountryOf(reader, "192.0.2.129"));
        Assert.Equal("", CountryOf(reader, "192.0.2.193"));
    }

    [Fact]
    public void A_lookup_allocates_nothing()
    {
        var reader = Open(Sample());
        var address = IPAddress.Parse("192.0.2.7");
        reader.CountryOf(address);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            reader.CountryOf(address);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_file_is_read_from_the_disk()
    {
        File.WriteAllBytes(_folder["countries.mmdb"], Sample().ToBytes());
        Assert.Equal("DE", CountryOf(MmdbReader.Open(_folder["countries.mmdb"]), "192.0.2.7"));
    }

    [Fact]
    public void A_file_that_is_none_stops_the_start()
    {
        AssertRefused(_folder["missing.mmdb"], "cannot be read");
        AssertRefused(_folder.Path, "cannot be read");
        File.WriteAllText(_folder["text.mmdb"], "some text");
        AssertRefused(_folder["text.mmdb"], "no MaxMind DB file");
        File.WriteAllBytes(_folder["later.mmdb"], new MmdbWriter { MajorVersion = 3 }.ToBytes());
        AssertRefused(_folder["later.mmdb"], "no MaxMind DB file");
        File.WriteAllBytes(_folder["odd.mmdb"], new MmdbWriter(recordSize: 20).ToBytes());
        AssertRefused(_folder["odd.mmdb"], "no MaxMind DB file");
    }

    [Fact]
    public void A_file_without_its_end_is_refused_wherever_it_breaks_off()
    {
        var bytes = Sample().ToBytes();
        for (var length = 0; length < bytes.Length; length++)
            Assert.Null(MmdbReader.Read(bytes[..length]));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(28)]
    [InlineData(32)]
    public void A_file_with_a_wrong_byte_anywhere_is_refused_or_answers(int recordSize)
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
    public void Data_that_leads_round_in_circles_comes_to_an_end()
    {
        var writer = new MmdbWriter();
        var offset = writer.AddData([]);
        writer.Add("192.0.2.0/25", Map(("a", Array(Pointer(offset))), ("country", Pointer(offset))));
        writer.Add("192.0.2.128/25", [0xFF, 0xFF, 0xFF, 0xFF, .. Text("a"), .. Pointer(offset)]);

        var reader = Open(writer);
        Assert.Equal("", CountryOf(reader, "192.0.2.1"));
        Assert.Equal("", CountryOf(reader, "192.0.2.129"));
    }

    private static MmdbWriter Sample(int recordSize = 24) => new MmdbWriter(recordSize)
        .Add("192.0.2.0/24", Country("DE"))
        .Add("198.51.100.0/24", Map(("country", Map(("iso_code", Text("FR"))))))
        .Add("2001:db8:1::/48", Country("SE"))
        .Add("2001:db8:2::/48", Map(("country", Map(("iso_code", Text("NO"))))));

    private static string CountryOf(MmdbReader reader, string address) =>
        reader.CountryOf(IPAddress.Parse(address));

    private static MmdbReader Open(MmdbWriter writer) => MmdbReader.Read(writer.ToBytes())!;

    private static int CountAnswers(byte[] bytes)
    {
        string[] addresses = ["192.0.2.7", "198.51.100.1", "2001:db8:1::1", "2001:db8:2::1", "::"];
        return MmdbReader.Read(bytes) is { } reader
            ? addresses.Count(address => CountryOf(reader, address).Length is 0 or 2)
            : 0;
    }

    private static void AssertRefused(string path, string reason)
    {
        var message = Assert.Throws<StartupException>(() => MmdbReader.Open(path)).Message;
        Assert.Contains(reason, message);
        Assert.StartsWith($"Visits:CountryFile is '{path}'", message);
    }
}
