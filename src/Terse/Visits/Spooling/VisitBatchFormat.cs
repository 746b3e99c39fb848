using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Terse.Visits;

/// <summary>
/// The binary format of a batch in the spool. The visits come first, and a table of their texts follows. Each
/// encoded visit has the same length, because the visit contains indexes into the table and no texts. After
/// the table come the rules of the visits that took one: their number, and for each the index of the visit
/// and the index of the rule's name in the table. The version before wrote no rules, and ignores what follows
/// the table, so both versions can read the batches of each other.
/// </summary>
internal static class VisitBatchFormat
{
    private const byte BotFlag = 0x80;
    private const int TextsOfVisit = 5;
    private const int RuleBytes = 2 * sizeof(ushort);
    private const int OutcomeAt = 2 * sizeof(long);
    private const int TextsAt = OutcomeAt + 1;
    private const int VisitBytes = TextsAt + (TextsOfVisit * sizeof(ushort));

    /// <remarks>
    /// Finds repeated texts by reference, which is fast. Most repeated texts are the same object, because
    /// they come from a <see cref="TwoGenerationCache{T}"/>. Equal texts that are different objects are
    /// stored twice, which only takes more space.
    /// </remarks>
    public static void Write(IBufferWriter<byte> output, IReadOnlyList<Visit> visits)
    {
        var texts = new Dictionary<string, int>(ReferenceEqualityComparer.Instance) { [""] = 0 };
        var bytes = output.GetSpan(sizeof(int) + (visits.Count * VisitBytes));
        BinaryPrimitives.WriteInt32LittleEndian(bytes, visits.Count);
        var at = sizeof(int);
        var rules = new List<(ushort Visit, ushort Text)>();
        for (var index = 0; index < visits.Count; index++, at += VisitBytes)
        {
            Write(bytes.Slice(at, VisitBytes), visits[index], texts);
            if (visits[index].Rule.Length > 0)
                rules.Add(((ushort)index, IndexOf(texts, visits[index].Rule)));
        }

        output.Advance(at);

        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(texts.Count);
        foreach (var text in texts.OrderBy(text => text.Value))
            writer.Write(text.Key);
        WriteRules(writer, rules);
        output.Write(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>Reads a batch; null if the bytes are not a batch in this format.</summary>
    public static IReadOnlyList<Visit>? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(int))
            return null;
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var table = sizeof(int) + ((long)count * VisitBytes);
        if (count <= 0 || table > bytes.Length)
            return null;
        var rest = bytes[(int)table..].ToArray();
        var (texts, visits) = (new List<string>(), new Visit[count]);
        if (ReadTexts(rest, texts) is not { } rules)
            return null;
        for (var index = 0; index < count; index++)
        {
            var visit = bytes.Slice(sizeof(int) + (index * VisitBytes), VisitBytes);
            if (!TryReadVisit(visit, texts, out visits[index]))
                return null;
        }

        return TryReadRules(rest.AsSpan(rules), texts, visits) ? visits : null;
    }

    private static void WriteRules(BinaryWriter writer, List<(ushort Visit, ushort Text)> rules)
    {
        if (rules.Count == 0)
            return;
        writer.Write(rules.Count);
        foreach (var (visit, text) in rules)
        {
            writer.Write(visit);
            writer.Write(text);
        }
    }

    private static bool TryReadRules(ReadOnlySpan<byte> bytes, List<string> texts, Visit[] visits)
    {
        if (bytes.IsEmpty)
            return true;
        if (bytes.Length < sizeof(int)
            || bytes.Length - sizeof(int) != BinaryPrimitives.ReadInt32LittleEndian(bytes) * (long)RuleBytes)
        {
            return false;
        }

        for (bytes = bytes[sizeof(int)..]; !bytes.IsEmpty; bytes = bytes[RuleBytes..])
        {
            var (visit, text) = (IndexAt(bytes, 0), IndexAt(bytes, 1));
            if (visit >= visits.Length || text >= texts.Count)
                return false;
            visits[visit] = visits[visit] with { Rule = texts[text] };
        }

        return true;
    }

    /// <summary>
    /// Reads the table of texts, and returns the position of its end; null if it is damaged.
    /// </summary>
    private static int? ReadTexts(byte[] bytes, List<string> texts)
    {
        using var stream = new MemoryStream(bytes);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        try
        {
            var count = reader.ReadInt32();
            if (count < 0 || count > bytes.Length)
                return null;
            for (var index = 0; index < count; index++)
                texts.Add(reader.ReadString());
            return (int)stream.Position;
        }
        catch (Exception exception) when (exception is IOException or FormatException)
        {
            return null;
        }
    }

    private static void Write(Span<byte> bytes, in Visit visit, Dictionary<string, int> texts)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, visit.Link.ToInt64());
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(long)..], visit.At.ToUnixTimeMilliseconds());
        bytes[OutcomeAt] = (byte)((byte)visit.Outcome | (visit.IsBot ? BotFlag : 0));
        bytes = bytes[TextsAt..];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, IndexOf(texts, visit.Country));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], IndexOf(texts, visit.Referrer));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], IndexOf(texts, visit.Browser));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], IndexOf(texts, visit.Os));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], IndexOf(texts, visit.Device));
    }

    /// <summary>
    /// Returns the index of a text, and adds a new text to the table. The index fits into 16 bits, because a
    /// batch has at most <see cref="VisitSpooler.MaxBatch"/> visits with 6 texts each.
    /// </summary>
    private static ushort IndexOf(Dictionary<string, int> texts, string text)
    {
        if (text.Length == 0)
            return 0;
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(texts, text, out var exists);
        if (!exists)
            number = texts.Count - 1;
        return (ushort)number;
    }

    private static bool TryReadVisit(ReadOnlySpan<byte> bytes, List<string> texts, out Visit visit)
    {
        visit = default;
        var link = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var at = BinaryPrimitives.ReadInt64LittleEndian(bytes[sizeof(long)..]);
        var outcome = (RedirectOutcome)(bytes[OutcomeAt] & ~BotFlag);
        var isBot = (bytes[OutcomeAt] & BotFlag) != 0;
        if (!VisitSlot.IsValid(link, at, outcome))
            return false;
        bytes = bytes[TextsAt..];
        for (var text = 0; text < TextsOfVisit; text++)
        {
            if (IndexAt(bytes, text) >= texts.Count)
                return false;
        }

        visit = new Visit(
            Tsid.FromInt64(link),
            DateTimeOffset.FromUnixTimeMilliseconds(at),
            outcome,
            isBot,
            Country: texts[IndexAt(bytes, 0)],
            Referrer: texts[IndexAt(bytes, 1)],
            Browser: texts[IndexAt(bytes, 2)],
            Os: texts[IndexAt(bytes, 3)],
            Device: texts[IndexAt(bytes, 4)]);
        return true;
    }

    private static int IndexAt(ReadOnlySpan<byte> indexes, int text) =>
        BinaryPrimitives.ReadUInt16LittleEndian(indexes[(text * sizeof(ushort))..]);
}
