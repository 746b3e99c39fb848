using System.IO.Pipelines;
using System.Text;
using Terse.Events;

namespace Terse.Tests.Events;

/// <summary>A message that has arrived completely.</summary>
internal sealed record StreamMessage(string? Id, string? Type, string? Data, string? Comment);

/// <summary>A client of a live stream, without HTTP.</summary>
internal sealed class StreamClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _aborted = new();
    private readonly Pipe _pipe;
    private readonly StringBuilder _text = new();
    private bool _isDisposed;

    public StreamClient(EventStream stream, SseWriter writer, TailReader reader, Pipe pipe)
    {
        _pipe = pipe;
        Ended = RunAsync(stream, writer, reader);
    }

    /// <summary>Why the stream has ended.</summary>
    public Task<StreamEnd> Ended { get; }

    /// <summary>Everything that has arrived.</summary>
    public string Text
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    public IReadOnlyList<StreamMessage> Messages => Parse(Text);

    /// <summary>Reads until the stream ends.</summary>
    /// <param name="maxBytes">After how many bytes the client closes the stream.</param>
    public async Task ReadAsync(long maxBytes = long.MaxValue)
    {
        while (true)
        {
            var read = await _pipe.Reader.ReadAsync();
            var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, maxBytes));
            foreach (var part in taken)
            {
                lock (_text)
                    _text.Append(Encoding.ASCII.GetString(part.Span));
            }

            maxBytes -= taken.Length;
            _pipe.Reader.AdvanceTo(taken.End);
            if (maxBytes <= 0 || read.IsCompleted)
                break;
        }

        await _pipe.Reader.CompleteAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        await _aborted.CancelAsync();
        await Ended;
        _aborted.Dispose();
    }

    public static IReadOnlyList<StreamMessage> Parse(string text)
    {
        var complete = text[..(text.LastIndexOf("\n\n", StringComparison.Ordinal) + 1)];
        return
        [
            .. complete.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(message =>
            {
                var fields = message.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .ToDictionary(line => line[..line.IndexOf(':')], line => line[(line.IndexOf(':') + 2)..]);
                return new StreamMessage(
                    fields.GetValueOrDefault("id"),
                    fields.GetValueOrDefault("event"),
                    fields.GetValueOrDefault("data"),
                    fields.GetValueOrDefault(""));
            }),
        ];
    }

    private async Task<StreamEnd> RunAsync(EventStream stream, SseWriter writer, TailReader reader)
    {
        await Task.Yield();
        using (reader)
        {
            var end = await stream.RunAsync(writer, _aborted.Token);
            await _pipe.Writer.CompleteAsync();
            return end;
        }
    }
}
