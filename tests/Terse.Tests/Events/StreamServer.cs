using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Terse.Access;
using Terse.Events;
using Terse.Hosting;
using Terse.Tests.Hosting;

namespace Terse.Tests.Events;

/// <summary>What a server has for live streams, without HTTP.</summary>
internal sealed class StreamServer : IDisposable
{
    private readonly StartedLifetime _lifetime = new();
    private readonly FakeTimeProvider _time;

    public StreamServer(FakeEvents events, FakeTimeProvider time)
    {
        _time = time;
        Log = new(events);
        Drain = new(_lifetime, time);
        Tail = new(Log, time, NullLogger<EventTail>.Instance);
    }

    public FakeEventLog Log { get; }

    public EventTail Tail { get; }

    public Drain Drain { get; }

    public EventOptions Options { get; } = new();

    /// <summary>The caller that a check of the key finds; null if the key has ended.</summary>
    public Caller? Caller { get; set; } = Caller.Server;

    /// <summary>Opens a stream.</summary>
    /// <param name="position">After which position.</param>
    /// <param name="filter">Selects events.</param>
    /// <param name="pauseAt">How many bytes the client takes before it must read.</param>
    public StreamClient Open(EventPosition position, EventFilter? filter = null, int pauseAt = 1 << 20)
    {
        var reader = Tail.TryJoin(position, Options.MaxStreams)!;
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: pauseAt, resumeWriterThreshold: pauseAt / 2));
        var stream = new EventStream(
            reader,
            filter ?? EventFilter.All,
            Caller!,
            _ => new(Caller),
            Options,
            Drain,
            _time);
        return new(stream, new SseWriter(pipe.Writer, Drain, _time), reader, pipe);
    }

    public void Dispose()
    {
        Tail.Dispose();
        Drain.Dispose();
        _lifetime.Dispose();
    }
}
