using System.Text;

namespace Terse.Visits;

/// <summary>
/// Caches values by text, so that a repeated text costs a lookup and no allocation. The cache has two
/// generations. When the young generation is full, it becomes the old generation, and the entries of the
/// previous old generation are evicted. A hit in the old generation moves the entry to the young generation.
/// Texts are UTF-8 bytes, as in the ring buffer of visits. Not safe for use by several threads at once.
/// </summary>
/// <param name="capacity">The maximum number of entries in both generations together.</param>
/// <param name="create">Creates the value of a text that is not in the cache.</param>
internal sealed class TwoGenerationCache<TValue>(int capacity, Func<string, TValue> create)
{
    /// <summary>
    /// The maximum length of a text in bytes. Longer texts are cut, to limit the memory of the cache.
    /// </summary>
    private const int MaxLength = 512;

    private Dictionary<byte[], TValue> _young = new(ByteComparer.Instance);
    private Dictionary<byte[], TValue> _old = new(ByteComparer.Instance);

    public int Count => _young.Count + _old.Count;

    public TValue GetOrCreate(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, MaxLength)];
        if (_young.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(text, out var value))
            return value;
        if (!_old.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(text, out var key, out value))
            (key, value) = (text.ToArray(), create(Encoding.UTF8.GetString(text)));
        Add(key, value);
        return value;
    }

    private void Add(byte[] key, TValue value)
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
