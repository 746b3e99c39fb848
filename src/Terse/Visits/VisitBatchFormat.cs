using System.Text;

namespace Terse.Visits;

/// <summary>
/// Visits as they stand in a spool: each text of the batch once, then the visits, which name texts by number.
/// </summary>
internal static class VisitBatchFormat
{
    private const byte BotFlag = 0x80;

    public static byte[] Write(IReadOnlyList<Visit> visits)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (_, _, _, _, country, referrer, browser, os, device) in visits)
        {
            numbers.TryAdd(country, numbers.Count);
            numbers.TryAdd(referrer, numbers.Count);
            numbers.TryAdd(browser, numbers.Count);
            numbers.TryAdd(os, numbers.Count);
            numbers.TryAdd(device, numbers.Count);
        }

        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(numbers.Count);
        foreach (var text in numbers.Keys)
            writer.Write(text);
        writer.Write(visits.Count);
        foreach (var visit in visits)
        {
            writer.Write(visit.Link.ToInt64());
            writer.Write(visit.At.ToUnixTimeMilliseconds());
            writer.Write((byte)((byte)visit.Kind | (visit.IsBot ? BotFlag : 0)));
            writer.Write((ushort)numbers[visit.Country]);
            writer.Write((ushort)numbers[visit.Referrer]);
            writer.Write((ushort)numbers[visit.Browser]);
            writer.Write((ushort)numbers[visit.Os]);
            writer.Write((ushort)numbers[visit.Device]);
        }

        return stream.ToArray();
    }

    public static IReadOnlyList<Visit> Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var texts = new string[reader.ReadInt32()];
        for (var index = 0; index < texts.Length; index++)
            texts[index] = reader.ReadString();
        var visits = new Visit[reader.ReadInt32()];
        for (var index = 0; index < visits.Length; index++)
            visits[index] = ReadVisit(reader, texts);
        return visits;
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
