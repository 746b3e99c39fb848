using Terse.Links;

namespace Terse.Tests.Links;

public sealed class LinkRulesTests
{
    [Theory]
    [InlineData("2027-01-31T18:00:00+01:00", "2027-01-31T17:00:00.000Z")]
    [InlineData("2027-01-31T18:00:00Z", "2027-01-31T18:00:00.000Z")]
    [InlineData("2027-01-31T18:00Z", "2027-01-31T18:00:00.000Z")]
    [InlineData("2027-01-31T18:00-08:00", "2027-02-01T02:00:00.000Z")]
    [InlineData("2027-01-31T18:00:00.5Z", "2027-01-31T18:00:00.500Z")]
    [InlineData("2027-01-31T18:00:00.1239999+00:00", "2027-01-31T18:00:00.123Z")]
    [InlineData("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z")]
    public void An_expiry_is_converted_to_UTC_and_cut_to_milliseconds(string text, string expected)
    {
        var refusal = LinkRules.ReadExpiry(text, out var expiresAt);

        Assert.Null(refusal);
        Assert.Equal(TimeSpan.Zero, expiresAt!.Value.Offset);
        Assert.Equal(expected, expiresAt.Value.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("never")]
    [InlineData("2027-01-31")]
    [InlineData("2027-01-31T18:00:00")]
    [InlineData("2027-01-31 18:00:00Z")]
    [InlineData(" 2027-01-31T18:00:00Z")]
    [InlineData("2027-02-30T18:00:00Z")]
    [InlineData("2027-01-31T25:00:00Z")]
    [InlineData("2027-01-31T18:00:00+25:00")]
    [InlineData("2027-01-31T18:00:00.12345678Z")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    public void An_expiry_that_is_invalid_or_lacks_an_offset_is_refused(string text)
    {
        var refusal = LinkRules.ReadExpiry(text, out var expiresAt);

        Assert.Equal((RefusalKind.ExpiryInvalid, "expiresAt"), (refusal?.Kind, refusal?.Field));
        Assert.Null(expiresAt);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(1L, false)]
    [InlineData(1_000_000_000_000L, false)]
    [InlineData(0L, true)]
    [InlineData(-1L, true)]
    [InlineData(1_000_000_000_001L, true)]
    public void A_visit_limit_is_between_1_and_10_to_the_power_of_12(long? maxVisits, bool isRefused) =>
        Assert.Equal(isRefused, LinkRules.CheckLimit(maxVisits) is not null);
}
