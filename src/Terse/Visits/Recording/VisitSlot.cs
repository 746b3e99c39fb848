using System.Buffers.Binary;
using System.Text;

namespace Terse.Visits;

/// <summary>What a request says of a visit, as the server has it.</summary>
internal readonly ref struct VisitInput
{
    public required RedirectOutcome Outcome { get; init; }

    /// <summary>The link's id; 0 where there is none.</summary>
    public required long Link { get; init; }

    /// <summary>Milliseconds since 1970, UTC.</summary>
    public required long At { get; init; }

    /// <summary>Whether the visitor asked not to be tracked; then there are no texts.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Two letters, or nothing.</summary>
    public ReadOnlySpan<char> Country { get; init; }

    public ReadOnlySpan<char> Referrer { get; init; }

    public ReadOnlySpan<char> UserAgent { get; init; }
}

/// <summary>A visit as it lies in the ring; the texts are the ring's memory.</summary>
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
/// The bytes of a visit in the ring, apart from its sequence: link, time, kind, flags, and three texts, cut
/// to what fits. Texts have a byte a character; headers that hold others are spoiled anyway.
/// </summary>
internal static class VisitSlot
{
    public const int Bytes = 376;

    private const int KindAt = 16;
    private const int PrivateAt = 17;
    private const int ReferrerLengthAt = 18;
    private const int UserAgentLengthAt = 20;
    private const int CountryAt = 22;
    private const int CountryBytes = 2;
    private const int TextsAt = 24;
    private const int TextBytes = Bytes - TextsAt;

    /// <summary>A longer host is cut; the user agent has what is left, 224 bytes or more.</summary>
    private const int MaxReferrerBytes = 128;

    public static void Write(Span<byte> slot, in VisitInput note)
    {
        var texts = slot[TextsAt..];
        var referrer = note.Referrer[..Math.Min(note.Referrer.Length, MaxReferrerBytes)];
        var userAgent = note.UserAgent[..Math.Min(note.UserAgent.Length, TextBytes - referrer.Length)];
        BinaryPrimitives.WriteInt64LittleEndian(slot, note.Link);
        BinaryPrimitives.WriteInt64LittleEndian(slot[sizeof(long)..], note.At);
        slot[KindAt] = (byte)note.Outcome;
        slot[PrivateAt] = note.IsPrivate ? (byte)1 : (byte)0;
        slot[ReferrerLengthAt] = (byte)Encoding.Latin1.GetBytes(referrer, texts);
        var length = Encoding.Latin1.GetBytes(userAgent, texts[referrer.Length..]);
        BinaryPrimitives.WriteUInt16LittleEndian(slot[UserAgentLengthAt..], (ushort)length);
        var country = slot.Slice(CountryAt, CountryBytes);
        country.Clear();
        if (note.Country.Length == CountryBytes)
            Encoding.Latin1.GetBytes(note.Country, country);
    }

    public static RawVisit Read(ReadOnlySpan<byte> slot)
    {
        var texts = slot[TextsAt..];
        int referrer = slot[ReferrerLengthAt];
        return new RawVisit
        {
            Link = BinaryPrimitives.ReadInt64LittleEndian(slot),
            At = BinaryPrimitives.ReadInt64LittleEndian(slot[sizeof(long)..]),
            Outcome = (RedirectOutcome)slot[KindAt],
            IsPrivate = slot[PrivateAt] != 0,
            Country = slot[CountryAt] == 0 ? [] : slot.Slice(CountryAt, CountryBytes),
            Referrer = texts[..referrer],
            UserAgent = texts.Slice(
                referrer, BinaryPrimitives.ReadUInt16LittleEndian(slot[UserAgentLengthAt..])),
        };
    }

    /// <summary>Whether it can be read; after the power was lost it may hold anything.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> slot) =>
        BinaryPrimitives.ReadInt64LittleEndian(slot) >= 0
        && BinaryPrimitives.ReadInt64LittleEndian(slot[sizeof(long)..])
            is >= 0 and <= 253_402_300_799_999 // The last millisecond of the year 9999.
        && slot[KindAt] <= (byte)RedirectOutcome.UsedUp
        && slot[ReferrerLengthAt] <= MaxReferrerBytes
        && slot[ReferrerLengthAt] + BinaryPrimitives.ReadUInt16LittleEndian(slot[UserAgentLengthAt..])
            <= TextBytes;
}
