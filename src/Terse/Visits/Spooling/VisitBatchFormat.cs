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

    public static IReadOnlyList<Visit> Read(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        var visits = new Visit[reader.ReadInt32()];
        var begin = stream.Position;
        stream.Position = begin + ((long)visits.Length * VisitBytes);
        var texts = new string[reader.ReadInt32()];
        for (var index = 0; index < texts.Length; index++)
            texts[index] = reader.ReadString();

        stream.Position = begin;
        for (var index = 0; index < visits.Length; index++)
            visits[index] = ReadVisit(reader, texts);
        return visits;
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

    private static Visit ReadVisit(BinaryReader reader, string[] texts)
    {
        var link = Tsid.FromInt64(reader.ReadInt64());
        var at = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
        var outcome = reader.ReadByte();
        return new Visit(
            link,
            at,
            (RedirectOutcome)(outcome & ~BotFlag),
            (outcome & BotFlag) != 0,
            texts[reader.ReadUInt16()],
            texts[reader.ReadUInt16()],
            texts[reader.ReadUInt16()],
            texts[reader.ReadUInt16()],
            texts[reader.ReadUInt16()]);
    }
}
