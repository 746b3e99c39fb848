namespace Terse.Commands;

/// <summary>
/// Writes short URLs to standard output, and errors and a progress bar to standard error. Both streams may go
/// to the same terminal, so the progress bar is erased before other text is written.
/// </summary>
internal sealed class ShortenOutput : IDisposable
{
    private const string EraseLine = "\r\u001b[K";

    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(100);

    private readonly TargetSource _source;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly StreamWriter _out =
        new(Console.OpenStandardOutput());
    private readonly bool _showsProgress = !Console.IsErrorRedirected;
    private readonly long _start;
    private long _drawn;
    private int _done;

    public ShortenOutput(TargetSource source)
    {
        _source = source;
        _start = _drawn = _time.GetTimestamp();
    }

    /// <summary>The number of targets for which no short URL was created.</summary>
    public int Failed { get; private set; }

    public void Write(ShortenedLine line)
    {
        _done++;
        if (_showsProgress && (line.Error is not null || !Console.IsOutputRedirected))
            Console.Error.Write(EraseLine);
        if (line.Error is null)
        {
            _out.WriteLine(line.ShortUrl);
        }
        else
        {
            Failed++;
            Console.Error.WriteLine($"line {line.Number}: {line.Error}");
        }

        if (_showsProgress && _time.GetElapsedTime(_drawn) >= RedrawInterval)
            Draw();
    }

    /// <summary>
    /// Flushes standard output. The caller calls this method before it waits for a result, so that earlier
    /// results are visible.
    /// </summary>
    public void Flush() => _out.Flush();

    /// <summary>Draws the final state of the progress bar, which then stays on the terminal.</summary>
    public void Dispose()
    {
        if (_showsProgress)
        {
            Draw();
            Console.Error.WriteLine();
        }

        _out.Dispose();
    }

    private void Draw()
    {
        _drawn = _time.GetTimestamp();
        var rate = _done / _time.GetElapsedTime(_start).TotalSeconds;
        var bar = _source.PartRead is { } part
            ? $"[{new string('#', (int)(part * 30)),-30}] {part,4:P0}  "
            : "";
        Console.Error.Write($"{EraseLine}{bar}{_done:N0} links, {rate:N0}/s, {Failed:N0} failed");
    }
}
