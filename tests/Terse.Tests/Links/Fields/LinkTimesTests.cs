using Terse.Links;

namespace Terse.Tests.Links;

public sealed class LinkTimesTests
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
        var refusal = LinkTimes.ReadInstant("expiresAt", text, out var expiresAt);

        Assert.Null(refusal);
        Assert.Equal(TimeSpan.Zero, expiresAt!.Value.Offset);
        Assert.Equal(expected, expiresAt.Value.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null));
    }

    [Theory]
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
        var refusal = LinkTimes.ReadInstant("expiresAt", text, out var expiresAt);

        Assert.Equal((RefusalKind.ExpiryInvalid, "expiresAt"), (refusal?.Kind, refusal?.Field));
        Assert.Null(expiresAt);
    }

    [Theory]
    [InlineData("PT1S", "2027-01-31T12:00:01")]
    [InlineData("P1D", "2027-02-01T12:00:00")]
    [InlineData("P2W", "2027-02-14T12:00:00")]
    [InlineData("P1M", "2027-02-28T12:00:00")]
    [InlineData("P1Y2M3DT4H5M6S", "2028-04-03T16:05:06")]
    [InlineData("PT36H", "2027-02-02T00:00:00")]
    [InlineData("P0D", "2027-01-31T12:00:00")]
    public void A_duration_is_added_with_the_calendar(string text, string expected)
    {
        var now = new DateTimeOffset(2027, 1, 31, 12, 0, 0, TimeSpan.Zero);

        Assert.Null(LinkTimes.ReadDuration(text, now, out var end));
        Assert.Equal(expected, end!.Value.ToString("yyyy-MM-dd'T'HH:mm:ss", null));
    }

    [Theory]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1DT")]
    [InlineData("1D")]
    [InlineData("-P1D")]
    [InlineData("P-1D")]
    [InlineData("P1.5D")]
    [InlineData("P1H")]
    [InlineData("PT1D")]
    [InlineData("P1D ")]
    [InlineData("P1D\n")]
    [InlineData("p1d")]
    [InlineData("P9000Y")]
    [InlineData("P999999999Y")]
    [InlineData("PT9999999999S")]
    public void A_text_that_is_no_duration_or_ends_too_late_is_refused(string text)
    {
        var refusal = LinkTimes.ReadDuration(text, new(2027, 1, 31, 12, 0, 0, TimeSpan.Zero), out var end);

        Assert.Equal((RefusalKind.ExpiryInvalid, "expiresIn"), (refusal?.Kind, refusal?.Field));
        Assert.Null(end);
    }
}
