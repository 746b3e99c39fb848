namespace Terse.Commands;

/// <summary>
/// Short URLs on standard output, errors and a progress bar on standard error. Both may be one terminal, so
/// the bar is wiped before anything else is written there.
/// </summary>
internal sealed class ShortenOutput : IDisposable
{
    private const string WipeLine = "\r\u001b[K";

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

    /// <summary>Targets that got no short URL.</summary>
    public int Failed { get; private set; }

    public void Write(ShortenedLine line)
    {
        _done++;
        if (_showsProgress && (line.Error is not null || !Console.IsOutputRedirected))
            Console.Error.Write(WipeLine);
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

    /// <summary>Shows what was written; called whenever there is nothing to write for a while.</summary>
    public void Flush() => _out.Flush();

    /// <summary>Leaves the last state of the bar on the terminal.</summary>
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
        Console.Error.Write($"{WipeLine}{bar}{_done:N0} links, {rate:N0}/s, {Failed:N0} failed");
    }
}
