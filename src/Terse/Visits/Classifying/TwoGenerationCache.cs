using System.Text;

namespace Terse.Visits;

/// <summary>
/// What was made of texts before, so that one that comes again costs a lookup and no allocation. It forgets
/// by halves: when the young half is full it becomes the old one, and what the old one had and nobody asked
/// for since is gone. Texts have a byte a character (Latin-1), as they lie in the ring. For one thread.
/// </summary>
/// <param name="capacity">How many texts are kept at most; beyond half of that, some are made again.</param>
/// <param name="make">What is made of a text.</param>
internal sealed class TwoGenerationCache<TValue>(int capacity, Func<string, TValue> make)
{
    /// <summary>Of longer texts the rest is passed over, so that what is kept stays small. Bytes.</summary>
    private const int MaxLength = 512;

    private Dictionary<byte[], TValue> _young = new(ByteComparer.Instance);
    private Dictionary<byte[], TValue> _old = new(ByteComparer.Instance);

    public int Count => _young.Count + _old.Count;

    public TValue Get(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, MaxLength)];
        if (_young.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(text, out var value))
            return value;
        if (!_old.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(text, out var key, out value))
            (key, value) = (text.ToArray(), make(Encoding.Latin1.GetString(text)));
        Keep(key, value);
        return value;
    }

    private void Keep(byte[] key, TValue value)
    {
        if (_young.Count >= capacity / 2)
        {
            (_young, _old) = (_old, _young);
            _young.Clear();
        }

        _young[key] = value;
    }

    private sealed class ByteComparer
        : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly ByteComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
