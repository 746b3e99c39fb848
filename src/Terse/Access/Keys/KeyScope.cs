using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Access;

/// <summary>
/// The domains and tags to which a key is limited. A link is in the scope if its domain is one of the
/// domains, and if it has at least one of the tags. An empty list limits nothing.
/// </summary>
/// <param name="Domains">The stored names of the domains; the default domain has an empty name.</param>
/// <param name="Tags">The tags, as they were sent.</param>
internal sealed record KeyScope(IReadOnlyList<string> Domains, IReadOnlyList<string> Tags)
{
    /// <summary>The scope of a key that is not limited.</summary>
    public static readonly KeyScope All = new([], []);

    [JsonIgnore]
    public bool IsLimited => Domains.Count + Tags.Count > 0;

    public bool HasDomain(string domain) =>
        Domains.Count == 0 || Domains.Contains(domain, StringComparer.Ordinal);

    /// <summary>Writes the scope as the stores keep it; null for a key that is not limited.</summary>
    public string? Write() =>
        IsLimited ? JsonSerializer.Serialize(this, KeyScopeJson.Default.KeyScope) : null;

    /// <summary>Reads the text that <see cref="Write"/> has written.</summary>
    public static KeyScope Read(string? text) =>
        text is null ? All : JsonSerializer.Deserialize(text, KeyScopeJson.Default.KeyScope)!;

    public bool Equals(KeyScope? other) =>
        other is not null
        && Domains.SequenceEqual(other.Domains, StringComparer.Ordinal)
        && Tags.SequenceEqual(other.Tags, StringComparer.Ordinal);

    public override int GetHashCode() => HashCode.Combine(Domains.Count, Tags.Count);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeyScope))]
internal sealed partial class KeyScopeJson : JsonSerializerContext;
