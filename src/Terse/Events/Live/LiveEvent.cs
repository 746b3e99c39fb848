using System.Text;
using Terse.Access;

namespace Terse.Events;

/// <summary>
/// An event in memory, with its message in the format of server-sent events
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). All streams
/// share the message.
/// </summary>
internal sealed class LiveEvent(StoredEvent stored, int? size = null)
{
    private byte[]? _message;

    public StoredEvent Stored => stored;

    public EventPosition Position => stored.Position;

    /// <summary>About how many bytes of memory the event takes, with its message.</summary>
    public int Size { get; } = size ?? 512
        + (4 * ((stored.Before?.Length ?? 0) + (stored.After?.Length ?? 0) + (stored.Data?.Length ?? 0)));

    /// <summary>
    /// The event without the states of its link, and without its tags. It keeps its size, which was counted.
    /// </summary>
    public LiveEvent WithoutStates() =>
        new(stored with { Before = null, After = null, Data = VisitData.WithoutTags(stored.Data) }, Size);

    /// <summary>The event as a caller may see it; null if it may not.</summary>
    public LiveEvent? SeenBy(Caller caller) => caller.WhatIsSeen(stored) switch
    {
        null => null,
        { } seen when ReferenceEquals(seen, stored) => this,
        { } seen => new(seen),
    };

    /// <param name="source">What the event names as its source.</param>
    public byte[] Message(string source) => _message ??= Write(source);

    private byte[] Write(string source)
    {
        var json = CloudEvent.Write(stored, source);

        // A line break would end the field. In JSON, it can only be a space between two values.
        json.AsSpan().ReplaceAny(LineBreaks, (byte)' ');
        var head = Encoding.ASCII.GetBytes($"id: {stored.Position}\nevent: {stored.Type}\ndata: ");
        return [.. head, .. json, .. "\n\n"u8];
    }

    private static readonly System.Buffers.SearchValues<byte> LineBreaks =
        System.Buffers.SearchValues.Create("\r\n"u8);
}
