using System.Globalization;

namespace Terse.Storage.Moves;

/// <summary>
/// Reports the progress of a move: a line at most every 2 seconds, and at the end of each table.
/// </summary>
internal sealed class MoveReport(TextWriter output, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private long _reportedAt = time.GetTimestamp();

    public void Write(string line) => output.WriteLine(line);

    public void Copied(string table, long rows, long total, bool isDone)
    {
        if (isDone ? rows == 0 : time.GetElapsedTime(_reportedAt) < Interval)
            return;
        _reportedAt = time.GetTimestamp();
        Write(isDone
            ? string.Create(CultureInfo.InvariantCulture, $"{table}: {rows} rows.")
            : string.Create(
                CultureInfo.InvariantCulture, $"{table}: {rows} of about {Math.Max(rows, total)} rows …"));
    }
}
