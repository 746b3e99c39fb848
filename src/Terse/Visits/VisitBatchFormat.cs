using System.Runtime.InteropServices;
using System.Text;

namespace Terse.Visits;

/// <summary>
/// Visits as they stand in a spool: first the visits, which are all of one length and name texts by number,
/// then each text once.
/// </summary>
internal static class VisitBatchFormat
{
    private const byte BotFlag = 0x80;
    private const int TextsOfVisit = 5;
    private const int VisitBytes = (2 * sizeof(long)) + 1 + (TextsOfVisit * sizeof(ushort));

    public static byte[] Write(IReadOnlyList<Visit> visits)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal) { [""] = 0 };
        using var stream = new MemoryStream(visits.Count * VisitBytes * 2);
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(visits.Count);
        foreach (var visit in visits)
        {
            writer.Write(visit.Link.ToInt64());
            writer.Write(visit.At.ToUnixTimeMilliseconds());
            writer.Write((byte)((byte)visit.Kind | (visit.IsBot ? BotFlag : 0)));
            writer.Write(NumberOf(numbers, visit.Country));
            writer.Write(NumberOf(numbers, visit.Referrer));
            writer.Write(NumberOf(numbers, visit.Browser));
            writer.Write(NumberOf(numbers, visit.Os));
            writer.Write(NumberOf(numbers, visit.Device));
        }

        writer.Write(numbers.Count);
        foreach (var text in numbers.OrderBy(text => text.Value))
            writer.Write(text.Key);
        return stream.ToArray();
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

    /// <summary>A batch has fewer texts than 65,536.</summary>
    private static ushort NumberOf(Dictionary<string, int> numbers, string text)
    {
        if (text.Length == 0)
            return 0;
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, text, out var isKnown);
        if (!isKnown)
            number = numbers.Count - 1;
        return (ushort)number;
    }

    private static Visit ReadVisit(BinaryReader reader, string[] texts)
    {
        var link = Tsid.FromInt64(reader.ReadInt64());
        var at = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
        var kind = reader.ReadByte();
        return new Visit(
            link,
            at,
            (VisitKind)(kind & ~BotFlag),
            (kind & BotFlag) != 0,
            texts[reader.ReadUInt16()],
            texts[reader.ReadUInt16()],
            texts[reader.ReadUInt16()],
            texts[reader.ReadUInt16()],
            texts[reader.ReadUInt16()]);
    }
}
