using System.Collections.Frozen;

namespace Terse.Access;

/// <summary>The keys at one moment. Immutable.</summary>
internal sealed class KeyTable
{
    private readonly FrozenDictionary<string, ApiKey> _keys;

    public KeyTable(long version, Guid? revision, IEnumerable<ApiKey> keys)
    {
        (Version, Revision) = (version, revision);
        _keys = keys.ToFrozenDictionary(key => key.Id, StringComparer.Ordinal);
    }

    /// <summary>No keys, before the first read.</summary>
    public static KeyTable Unread { get; } = new(-1, revision: null, []);

    /// <inheritdoc cref="StoredKeys"/>
    public long Version { get; }

    /// <summary>The revision that the table has; null before the first read.</summary>
    public Guid? Revision { get; }

    /// <inheritdoc cref="StoredKeys.CursorSecret"/>
    public Guid CursorSecret { get; init; }

    /// <summary>Whether a key was ever created, be it expired or revoked.</summary>
    public bool HasKeys => _keys.Count > 0;

    public ApiKey? Find(string id) => _keys.GetValueOrDefault(id);
}
