using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Terse.Visits;

/// <summary>
/// The binary format of a batch in the spool. The visits come first, and a table of their texts follows. Each
/// encoded visit has the same length, because the visit contains indexes into the table and no texts.
/// </summary>
internal static class VisitBatchFormat
{
    private const byte BotFlag = 0x80;
    private const int TextsOfVisit = 5;
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
        for (var index = 0; index < visits.Count; index++, at += VisitBytes)
            Write(bytes.Slice(at, VisitBytes), visits[index], texts);
        output.Advance(at);

        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(texts.Count);
        foreach (var text in texts.OrderBy(text => text.Value))
            writer.Write(text.Key);
        output.Write(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>Reads a batch; null if the bytes are not a batch in this format.</summary>
    public static IReadOnlyList<Visit>? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(int))
            return null;
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var table = sizeof(int) + ((long)count * VisitBytes);
        if (count <= 0 || table > bytes.Length || ReadTexts(bytes[(int)table..]) is not { } texts)
            return null;

        var visits = new Visit[count];
        for (var index = 0; index < count; index++)
        {
            var visit = bytes.Slice(sizeof(int) + (index * VisitBytes), VisitBytes);
            if (!TryReadVisit(visit, texts, out visits[index]))
                return null;
        }

        return visits;
    }

    private static string[]? ReadTexts(ReadOnlySpan<byte> bytes)
    {
        using var stream = new MemoryStream(bytes.ToArray());
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        try
        {
            var count = reader.ReadInt32();
            if (count < 0 || count > bytes.Length)
                return null;
            var texts = new string[count];
            for (var index = 0; index < texts.Length; index++)
                texts[index] = reader.ReadString();
            return texts;
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
    /// batch has at most <see cref="VisitSpooler.MaxBatch"/> visits with 5 texts each.
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

    private static bool TryReadVisit(ReadOnlySpan<byte> bytes, string[] texts, out Visit visit)
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
            if (IndexAt(bytes, text) >= texts.Length)
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
