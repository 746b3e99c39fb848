using Terse.Ids;

namespace Terse.Storage.Moves;

/// <summary>Reads the rows of the tables of layouts and nodes, with the columns of a moved table.</summary>
internal static class MovedLayouts
{
    public static IdLayout Read(object?[] row)
    {
        var ids = new TsidLayout(
            (string)row[1]!,
            TimeSpan.FromMilliseconds((long)row[2]!),
            DateTimeOffset.FromUnixTimeMilliseconds((long)row[3]!),
            (int)(long)row[4]!,
            (int)(long)row[5]!);
        return new(
            (int)(long)row[0]!,
            ids,
            DateTimeOffset.FromUnixTimeMilliseconds((long)row[6]!),
            (long)row[7]! != 0);
    }

    public static NodeRow ReadNode(object?[] row) => new(
        (int)(long)row[0]!,
        (string?)row[1],
        (long)row[2]!,
        DateTimeOffset.FromUnixTimeMilliseconds((long)row[3]!));
}
