using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Terse.Links;

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

    /// <summary>
    /// Whether the request shows that no person follows the link. If false, the user agent decides later.
    /// </summary>
    public bool IsBot { get; init; }

    /// <summary>The country code of two letters; empty if the country is unknown.</summary>
    public ReadOnlySpan<char> Country { get; init; }

    public ReadOnlySpan<char> Referrer { get; init; }

    public ReadOnlySpan<char> UserAgent { get; init; }

    /// <summary>The name of the rule that the request took; empty if it took none.</summary>
    public ReadOnlySpan<char> Rule { get; init; }
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

    public bool IsBot { get; init; }

    public ReadOnlySpan<byte> Country { get; init; }

    public ReadOnlySpan<byte> Referrer { get; init; }

    public ReadOnlySpan<byte> UserAgent { get; init; }

    public ReadOnlySpan<byte> Rule { get; init; }
}

/// <summary>
/// The binary format of a visit in a slot of the ring buffer. The format consists of the link, the time, the
/// outcome, the flags and four texts. The slot's sequence number is not part of the format. Texts are
/// encoded as UTF-8, and are cut if they are too long for the slot. The version before wrote no rule; its
/// slots have the length 0 there, and it ignores the rule when it reads a slot.
/// </summary>
internal static class VisitSlot
{
    public const int Bytes = 376;

    private const int OutcomeAt = 16;
    private const int FlagsAt = 17;
    private const int ReferrerLengthAt = 18;
    private const int RuleLengthAt = 19;
    private const int UserAgentLengthAt = 20;
    private const int CountryAt = 22;
    private const int CountryBytes = 2;
    private const int TextsAt = 24;
    private const int TextBytes = Bytes - TextsAt;

    private const byte PrivateFlag = 1;
    private const byte BotFlag = 2;

    /// <summary>
    /// The first millisecond of the last day that a date can have. A visit of this day has no end of its day.
    /// </summary>
    private const long EndOfTime = 253_402_214_400_000;

    /// <summary>
    /// The maximum length of the referrer's host in bytes. Longer hosts are cut, so that at least 224 bytes
    /// remain for the user agent; 160 if the name of a rule is as long as possible.
    /// </summary>
    private const int MaxReferrerBytes = 128;

    private const int MaxRuleBytes = RuleReader.MaxNameBytes;

    public static void Write(Span<byte> slot, in VisitInput visit)
    {
        var texts = slot[TextsAt..];
        var referrer = WriteText(texts[..MaxReferrerBytes], visit.Referrer);
        var rule = visit.Rule.IsEmpty ? 0 : Math.Min(Encoding.UTF8.GetByteCount(visit.Rule), MaxRuleBytes);
        var userAgent = WriteText(texts[referrer..^rule], visit.UserAgent);
        if (rule > 0)
            rule = WriteText(texts.Slice(referrer + userAgent, rule), visit.Rule);
        BinaryPrimitives.WriteInt64LittleEndian(slot, visit.Link);
        BinaryPrimitives.WriteInt64LittleEndian(slot[sizeof(long)..], visit.At);
        slot[OutcomeAt] = (byte)visit.Outcome;
        slot[FlagsAt] = (byte)((visit.IsPrivate ? PrivateFlag : 0) | (visit.IsBot ? BotFlag : 0));
        slot[ReferrerLengthAt] = (byte)referrer;
        slot[RuleLengthAt] = (byte)rule;
        BinaryPrimitives.WriteUInt16LittleEndian(slot[UserAgentLengthAt..], (ushort)userAgent);
        var country = slot.Slice(CountryAt, CountryBytes);
        country.Clear();
        if (visit.Country.Length == CountryBytes)
            WriteText(country, visit.Country);
    }

    public static RawVisit Read(ReadOnlySpan<byte> slot)
    {
        var texts = slot[TextsAt..];
        int referrer = slot[ReferrerLengthAt];
        int userAgent = BinaryPrimitives.ReadUInt16LittleEndian(slot[UserAgentLengthAt..]);
        return new RawVisit
        {
            Link = BinaryPrimitives.ReadInt64LittleEndian(slot),
            At = BinaryPrimitives.ReadInt64LittleEndian(slot[sizeof(long)..]),
            Outcome = (RedirectOutcome)slot[OutcomeAt],
            IsPrivate = (slot[FlagsAt] & PrivateFlag) != 0,
            IsBot = (slot[FlagsAt] & BotFlag) != 0,
            Country = slot[CountryAt] == 0 ? [] : slot.Slice(CountryAt, CountryBytes),
            Referrer = texts[..referrer],
            UserAgent = texts.Slice(referrer, userAgent),
            Rule = texts.Slice(referrer + userAgent, slot[RuleLengthAt]),
        };
    }

    /// <summary>
    /// Whether the fields of the slot have valid values. After a power failure, a slot can contain arbitrary
    /// bytes.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> slot) =>
        IsValid(
            BinaryPrimitives.ReadInt64LittleEndian(slot),
            BinaryPrimitives.ReadInt64LittleEndian(slot[sizeof(long)..]),
            (RedirectOutcome)slot[OutcomeAt])
        && slot[ReferrerLengthAt] <= MaxReferrerBytes
        && slot[RuleLengthAt] <= MaxRuleBytes
        && slot[ReferrerLengthAt] + BinaryPrimitives.ReadUInt16LittleEndian(slot[UserAgentLengthAt..])
            + slot[RuleLengthAt] <= TextBytes;

    /// <summary>Whether the database can store a visit with these values.</summary>
    public static bool IsValid(long link, long at, RedirectOutcome outcome) =>
        link >= 0 && at is >= 0 and < EndOfTime && outcome <= RedirectOutcome.Locked;

    /// <summary>
    /// Writes as many characters as fit into the bytes, and returns how many bytes they take. The number of
    /// bytes differs from the number of characters.
    /// </summary>
    private static int WriteText(Span<byte> bytes, ReadOnlySpan<char> text)
    {
        Utf8.FromUtf16(text, bytes, out _, out var written);
        return written;
    }
}
