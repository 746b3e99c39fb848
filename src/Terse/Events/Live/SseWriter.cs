using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// Writes a live stream to its client. A client that does not read has <see cref="WriteTime"/>, so that it
/// holds no memory for longer, and <see cref="DrainTime"/> while the server drains, so that it does not delay
/// the shutdown.
/// </summary>
internal sealed class SseWriter(PipeWriter pipe, Drain drain, TimeProvider time)
{
    public static readonly TimeSpan WriteTime = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    /// <summary>How many bytes a stream writes before it waits for the client.</summary>
    private const int MaxUnflushed = 64 * 1024;

    private int _unflushed;

    /// <summary>When the last bytes were written, by the monotonic clock.</summary>
    public long WrittenAt { get; private set; } = time.GetTimestamp();

    public bool IsEmpty => _unflushed == 0;

    public bool IsFull => _unflushed >= MaxUnflushed;

    public void Write(ReadOnlySpan<byte> message)
    {
        pipe.Write(message);
        _unflushed += message.Length;
        WrittenAt = time.GetTimestamp();
    }

    /// <summary>
    /// Writes a comment with the position that was reached. A browser keeps the id of a message without data,
    /// and does not show the message to the page.
    /// </summary>
    public void WritePosition(string comment, EventPosition position) =>
        Write(Encoding.ASCII.GetBytes($": {comment}\nid: {position}\n\n"));

    /// <summary>Writes after which time the client connects again.</summary>
    public void WriteRetry(TimeSpan after) =>
        Write(Encoding.ASCII.GetBytes($"retry: {(long)after.TotalMilliseconds}\n\n"));

    /// <summary>Waits until the client has read enough.</summary>
    /// <returns>False if the client did not read in time, or has closed the stream.</returns>
    public async Task<bool> FlushAsync(CancellationToken aborted)
    {
        _unflushed = 0;
        using var limit = new CancellationTokenSource(WriteTime, time);
        await using var draining = drain.Begun.Register(() => limit.CancelAfter(DrainTime));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, limit.Token);
        try
        {
            return await pipe.FlushAsync(either.Token) is { IsCompleted: false, IsCanceled: false };
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
