using Terse.Codes;

namespace Terse.Tests.Codes;

/// <summary>Tests FF1 with the samples 1 to 9 that NIST publishes for this algorithm (SP 800-38G).</summary>
public sealed class Ff1Tests
{
    private const string Key128 = "2B7E151628AED2A6ABF7158809CF4F3C";
    private const string Key192 = Key128 + "EF4359D8D580AA4F";
    private const string Key256 = Key192 + "7F036D6F04FC6A94";
    private const string Tweak10 = "39383736353433323130";
    private const string Tweak36 = "3737373770717273373737";
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    [Theory]
    [InlineData(Key128, 10, "", "0123456789", "2433477484")]
    [InlineData(Key128, 10, Tweak10, "0123456789", "6124200773")]
    [InlineData(Key128, 36, Tweak36, "0123456789abcdefghi", "a9tv40mll9kdu509eum")]
    [InlineData(Key192, 10, "", "0123456789", "2830668132")]
    [InlineData(Key192, 10, Tweak10, "0123456789", "2496655549")]
    [InlineData(Key192, 36, Tweak36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr")]
    [InlineData(Key256, 10, "", "0123456789", "6657667009")]
    [InlineData(Key256, 10, Tweak10, "0123456789", "1001623463")]
    [InlineData(Key256, 36, Tweak36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd")]
    public void Encryption_matches_the_samples_of_the_standard_and_decryption_reverses_it(
        string key, int radix, string tweak, string plain, string expected)
    {
        using var ff1 = new Ff1(Convert.FromHexString(key), radix);
        var bytes = Convert.FromHexString(tweak);
        var number = Read(plain, radix);
        var encrypted = ff1.Encrypt(number, plain.Length, bytes);

        Assert.Equal(Read(expected, radix), encrypted);
        Assert.Equal(number, ff1.Decrypt(encrypted, plain.Length, bytes));
    }

    private static UInt128 Read(string text, int radix) => text.Aggregate(
        UInt128.Zero,
        (sum, letter) => (sum * (UInt128)radix) + (UInt128)Digits.IndexOf(letter, StringComparison.Ordinal));
}
