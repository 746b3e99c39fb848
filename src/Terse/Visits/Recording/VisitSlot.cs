using System.Buffers.Binary;
using System.Text;

namespace Terse.Visits;

/// <summary>A visit that is about to be written to the ring buffer.</summary>
internal readonly ref struct VisitInput
{
    public required RedirectOutcome Outcome { get; init; }

    /// <summary>The link's id; 0 if no link has the requested code.</summary>
    public required long Link { get; init; }

    /// <summary>The time of the request, in milliseconds since 1970 (UTC).</summary>
    public required long At { get; init; }

    /// <summary>Whether the visitor asked not to be tracked. If so, all texts are empty.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>The country code of two letters; empty if the country is unknown.</summary>
    public ReadOnlySpan<char> Country { get; init; }

    public ReadOnlySpan<char> Referrer { get; init; }

    public ReadOnlySpan<char> UserAgent { get; init; }
}

/// <summary>
/// A visit that was read from the ring buffer. The texts point into the ring buffer's memory, so they are
/// valid only until the slot is released.
/// </summary>
internal readonly ref struct RawVisit
{
    public RedirectOutcome Outcome { get; init; }

    public long Link { get; init; }

    public long At { get; init; }

    public bool IsPrivate { get; init; }

    public ReadOnlySpan<byte> Country { get; init; }

    public ReadOnlySpan<byte> Referrer { get; init; }

    public ReadOnlySpan<byte> UserAgent { get; init; }
}

/// <summary>
/// The binary format of a visit in a slot of the ring buffer. The format consists of the link, the time, the
/// outcome, the privacy flag and three texts. The slot's sequence number is not part of the format. Texts are
/// encoded as Latin-1, and are cut if they are too long for the slot.
/// </summary>
internal static class VisitSlot
{
    public const int Bytes = 376;

    private const int OutcomeAt = 16;
    private const int PrivateAt = 17;
    private const int ReferrerLengthAt = 18;
    private const int UserAgentLengthAt = 20;
    private const int CountryAt = 22;
    private const int CountryBytes = 2;
    private const int TextsAt = 24;
    private const int TextBytes = Bytes - TextsAt;

    /// <summary>
    /// The maximum length of the referrer's host in bytes. Longer hosts are cut, so that at least 224 bytes
    /// remain for the user agent.
    /// </summary>
    private const int MaxReferrerBytes = 128;

    public static void Write(Span<byte> slot, in VisitInput visit)
    {
        var texts = slot[TextsAt..];
        var referrer = visit.Referrer[..Math.Min(visit.Referrer.Length, MaxReferrerBytes)];
        var userAgent = visit.UserAgent[..Math.Min(visit.UserAgent.Length, TextBytes - referrer.Length)];
        BinaryPrimitives.WriteInt64LittleEndian(slot, visit.Link);
        BinaryPrimitives.WriteInt64LittleEndian(slot[sizeof(long)..], visit.At);
        slot[OutcomeAt] = (byte)visit.Outcome;
        slot[PrivateAt] = visit.IsPrivate ? (byte)1 : (byte)0;
        slot[ReferrerLengthAt] = (byte)Encoding.Latin1.GetBytes(referrer, texts);
        var length = Encoding.Latin1.GetBytes(userAgent, texts[referrer.Length..]);
        BinaryPrimitives.WriteUInt16LittleEndian(slot[UserAgentLengthAt..], (ushort)length);
        var country = slot.Slice(CountryAt, CountryBytes);
        country.Clear();
        if (visit.Country.Length == CountryBytes)
            Encoding.Latin1.GetBytes(visit.Country, country);
    }

    public static RawVisit Read(ReadOnlySpan<byte> slot)
    {
        var texts = slot[TextsAt..];
        int referrer = slot[ReferrerLengthAt];
        return new RawVisit
        {
            Link = BinaryPrimitives.ReadInt64LittleEndian(slot),
            At = BinaryPrimitives.ReadInt64LittleEndian(slot[sizeof(long)..]),
            Outcome = (RedirectOutcome)slot[OutcomeAt],
            IsPrivate = slot[PrivateAt] != 0,
            Country = slot[CountryAt] == 0 ? [] : slot.Slice(CountryAt, CountryBytes),
            Referrer = texts[..referrer],
            UserAgent = texts.Slice(
                referrer, BinaryPrimitives.ReadUInt16LittleEndian(slot[UserAgentLengthAt..])),
        };
    }

    /// <summary>
    /// Whether the fields of the slot have valid values. After a power failure, a slot can contain arbitrary
    /// bytes.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> slot) =>
        BinaryPrimitives.ReadInt64LittleEndian(slot) >= 0
        && BinaryPrimitives.ReadInt64LittleEndian(slot[sizeof(long)..])
            is >= 0 and <= 253_402_300_799_999 // The last millisecond of the year 9999.
        && slot[OutcomeAt] <= (byte)RedirectOutcome.UsedUp
        && slot[ReferrerLengthAt] <= MaxReferrerBytes
        && slot[ReferrerLengthAt] + BinaryPrimitives.ReadUInt16LittleEndian(slot[UserAgentLengthAt..])
            <= TextBytes;
}
