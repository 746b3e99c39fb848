using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// The fields of a link that a request can set, at creation and in a change. The values are not validated
/// yet. In a change, a field that the body does not contain stays unchanged, and the value null removes what
/// the field had set (RFC 7396, JSON merge patch). An empty text means the same as null.
/// </summary>
/// <remarks>
/// The deserializer calls only the setters of fields that the body contains. So each setter also records that
/// its field was sent.
/// </remarks>
internal class LinkFields
{
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);

    public string? Target { get; set => field = Sent(value); }

    public string? Title { get; set => field = Sent(value); }

    public string? Note { get; set => field = Sent(value); }

    public IReadOnlyList<string>? Tags { get; set => field = Sent(value); }

    public bool? Enabled { get; set => field = Sent(value); }

    public string? ValidFrom { get; set => field = Sent(value); }

    public string? ExpiresAt { get; set => field = Sent(value); }

    /// <summary>Sets the expiry, as <see cref="ExpiresAt"/> does; null changes nothing.</summary>
    public string? ExpiresIn { get; set => field = Sent(value); }

    public string? ExpiredTarget { get; set => field = Sent(value); }

    public long? MaxVisits { get; set => field = Sent(value); }

    public int? RedirectStatus { get; set => field = Sent(value); }

    public string? ForwardQuery { get; set => field = Sent(value); }

    public bool? ForwardPath { get; set => field = Sent(value); }

    /// <summary>The rules as JSON, which <see cref="RuleReader"/> reads.</summary>
    [JsonConverter(typeof(AnyJsonConverter))]
    public JsonElement? Rules { get; set => field = Sent(value); }

    /// <summary>The password in plain text. Never log, store or return it.</summary>
    public string? Password { get; set => field = Sent(value); }

    /// <summary>Whether the body contains a field.</summary>
    /// <param name="field">The name of the property of this class.</param>
    public bool Has(string field) => _sent.Contains(field);

    /// <summary>Records that the body contains a field, and returns its value.</summary>
    protected T Sent<T>(T value, [CallerMemberName] string field = "")
    {
        _sent.Add(field);
        return value;
    }
}
