using System.Runtime.InteropServices;

namespace Terse.Visits;

/// <summary>
/// The values of one section of a MaxMind DB file, each at its offset
/// (https://maxmind.github.io/MaxMind-DB/, "Output Data Section"). Whatever the bytes are, reading ends,
/// stays inside the section and does not throw: what cannot be is not found.
/// </summary>
internal ref struct MmdbSection(ReadOnlySpan<byte> bytes)
{
    /// <summary>What is returned for an offset that does not exist.</summary>
    public const int None = -1;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Values that may still be looked at; a whole record of a city has some 100.</summary>
    private int _budget = 2000;

    private enum Kind
    {
        Pointer = 1,
        Text = 2,
        UInt16 = 5,
        UInt32 = 6,
        Map = 7,
        UInt64 = 9,
        Array = 11,
        Flag = 14,
    }

    /// <summary>Where in a map the value of a key is; none where it is no map or has no such key.</summary>
    public int Find(int map, ReadOnlySpan<byte> key)
    {
        if (!TryReadTarget(map, out var head) || head.Kind != Kind.Map)
            return None;
        var at = head.Body;
        for (var i = 0; i < head.Size && at != None; i++)
        {
            if (!TryReadText(at, out var name))
                return None;
            at = Skip(at);
            if (name.SequenceEqual(key))
                return at;
            at = Skip(at);
        }

        return None;
    }

    public bool TryReadText(int at, out ReadOnlySpan<byte> text)
    {
        text = [];
        var isText = TryReadTarget(at, out var head)
            && head.Kind == Kind.Text
            && head.Size <= _bytes.Length - head.Body;
        if (isText)
            text = _bytes.Slice(head.Body, head.Size);
        return isText;
    }

    public bool TryReadNumber(int at, out ulong number)
    {
        number = 0;
        var isNumber = TryReadTarget(at, out var head)
            && head.Kind is Kind.UInt16 or Kind.UInt32 or Kind.UInt64
            && head.Size <= sizeof(ulong)
            && head.Size <= _bytes.Length - head.Body;
        if (isNumber)
            number = BigEndian(_bytes.Slice(head.Body, head.Size));
        return isNumber;
    }

    /// <summary>The offset after a value and all that it holds. A pointer ends where it stands.</summary>
    private int Skip(int at)
    {
        for (var pending = 1L; pending > 0; pending--)
        {
            if (!TryReadHead(at, out var head))
                return None;
            pending += head.Kind switch
            {
                Kind.Map => 2L * head.Size,
                Kind.Array => head.Size,
                _ => 0,
            };
            var holdsNoBytes = head.Kind is Kind.Pointer or Kind.Map or Kind.Array or Kind.Flag;
            at = holdsNoBytes ? head.Body : head.Body + Math.Min(head.Size, _bytes.Length - head.Body);
        }

        return at;
    }

    /// <summary>A value's head, or that of what it points to, which is no pointer again.</summary>
    private bool TryReadTarget(int at, out Head head) =>
        TryReadHead(at, out head)
        && (head.Kind != Kind.Pointer || (TryReadHead(head.Size, out head) && head.Kind != Kind.Pointer));

    private bool TryReadHead(int at, out Head head)
    {
        head = default;
        if (_budget-- <= 0 || (uint)at >= (uint)_bytes.Length)
            return false;
        var control = _bytes[at++];
        var kind = control >> 5;
        if (kind == (int)Kind.Pointer)
            return TryReadPointer(control, at, out head);
        if (kind == 0 && !TryReadKind(ref at, out kind))
            return false;

        var size = control & 0x1F;
        var more = Math.Max(0, size - 28);
        if (more > _bytes.Length - at)
            return false;
        size = more switch
        {
            0 => size,
            1 => 29,
            2 => 285,
            _ => 65_821,
        } + (int)BigEndian(_bytes.Slice(at, more));
        head = new Head((Kind)kind, size, at + more);
        return true;
    }

    /// <summary>Kinds beyond the seventh are in a byte of their own.</summary>
    private readonly bool TryReadKind(ref int at, out int kind)
    {
        kind = at < _bytes.Length ? _bytes[at++] + 7 : 0;
        return kind != 0;
    }

    /// <summary>A pointer's size is the offset that it points to: 11, 19, 27 or 32 bits.</summary>
    private readonly bool TryReadPointer(byte control, int at, out Head head)
    {
        head = default;
        var form = (control >> 3) & 3;
        var length = form + 1;
        if (length > _bytes.Length - at)
            return false;
        var low = BigEndian(_bytes.Slice(at, length));
        var high = (ulong)(control & 7) << (8 * length);
        var target = form switch
        {
            0 => high | low,
            1 => (high | low) + 2_048,
            2 => (high | low) + 526_336,
            _ => low,
        };
        head = new Head(Kind.Pointer, (int)Math.Min(target, int.MaxValue), at + length);
        return true;
    }

    private static ulong BigEndian(ReadOnlySpan<byte> bytes)
    {
        var number = 0UL;
        foreach (var part in bytes)
            number = (number << 8) | part;
        return number;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Head(Kind Kind, int Size, int Body);
}
