using Terse.Codes;

namespace Terse.Tests.Codes;

public sealed class IdCipherTests : IDisposable
{
    private const string Secret = "correct horse battery staple, twice over";

    private readonly IdCipher _cipher = new(Secret);

    public void Dispose() => _cipher.Dispose();

    [Theory]
    [InlineData("T", 0, 10)]
    [InlineData("T", 10, 620)]
    [InlineData("T", 620, 38_440)]
    [InlineData("D", 1000, 10_000)]
    public void Encryption_permutes_the_ids_of_one_text_length(string format, int least, int end)
    {
        var all = Enumerable.Range(least, end - least).Select(value => new Tsid((ulong)value)).ToList();
        var encrypted = all.ConvertAll(id => _cipher.Encrypt(id, format));

        Assert.Equal(all, encrypted.Order());
        Assert.Equal(all, encrypted.ConvertAll(id => _cipher.Decrypt(id, format)));
    }

    [Theory]
    [InlineData("T")]
    [InlineData("C")]
    [InlineData("D")]
    public void Decryption_reverses_encryption_and_the_text_keeps_its_length(string format)
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var id = new Tsid((ulong)random.NextInt64() >> random.Next(0, 63));
            var encrypted = _cipher.Encrypt(id, format);

            Assert.Equal(id, _cipher.Decrypt(encrypted, format));
            Assert.Equal(id.ToString(format).Length, encrypted.ToString(format).Length);
            Assert.InRange(encrypted.Value, 0UL, (ulong)long.MaxValue);
        }
    }

    /// <summary>
    /// Codes that users have published must remain valid for ever, so the encryption of an id must never give
    /// a different result in a later version.
    /// </summary>
    [Fact]
    public void The_encryption_of_an_id_never_changes()
    {
        var id = new Tsid(22_189_445_120);

        Assert.Equal("1JnzOSX", _cipher.Encrypt(id, "T").ToString("T"));
        Assert.Equal("62TJD3DR1VPAQ", _cipher.Encrypt(id, "C").ToString("C"));
        Assert.Equal("d7c940f6ec2444f97f9dbce6114be3b6", IdCipher.CheckValueOf(Secret));
    }

    [Fact]
    public void Another_secret_gives_other_results_and_adjacent_ids_encrypt_to_distant_ids()
    {
        using var other = new IdCipher("correct horse battery staple, twice OVER");
        const ulong First = 22_189_445_120;
        var ids = Enumerable.Range(0, 200).Select(offset => new Tsid(First + (ulong)offset)).ToList();
        var encrypted = ids.ConvertAll(id => _cipher.Encrypt(id, "T"));

        Assert.All(ids.Zip(encrypted), pair => Assert.NotEqual(pair.Second, other.Encrypt(pair.First, "T")));
        Assert.DoesNotContain(
            encrypted.Zip(encrypted.Skip(1), (first, second) => (long)(first.Value - second.Value)),
            distance => Math.Abs(distance) < 1000);
    }
}
