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

    /// <summary>The URL that the link leads to, at most 8,192 bytes.</summary>
    public string? Target { get; set => field = Sent(value); }

    /// <summary>
    /// A name of the link for people, at most 512 characters in one line. <c>auto</c> asks for the title of
    /// the target.
    /// </summary>
    public string? Title { get; set => field = Sent(value); }

    /// <summary>A remark for the people who manage the link, at most 4,096 characters.</summary>
    public string? Note { get; set => field = Sent(value); }

    /// <summary>The tags, at most 32 of 1 to 64 characters. Upper and lower case are equal.</summary>
    public IReadOnlyList<string>? Tags { get; set => field = Sent(value); }

    /// <summary>Whether the link works; if not, requests are answered with 404. Default: true.</summary>
    public bool? Enabled { get; set => field = Sent(value); }

    /// <summary>When the link begins to work: an instant with an offset from UTC.</summary>
    public string? ValidFrom { get; set => field = Sent(value); }

    /// <summary>When the link expires: an instant with an offset from UTC.</summary>
    public string? ExpiresAt { get; set => field = Sent(value); }

    /// <summary>
    /// The time from now until the link expires, an ISO 8601 duration such as <c>P30D</c>; null changes
    /// nothing. Not together with <see cref="ExpiresAt"/>.
    /// </summary>
    public string? ExpiresIn { get; set => field = Sent(value); }

    /// <summary>The URL that the link leads to after it has expired; without it, the answer is 410.</summary>
    public string? ExpiredTarget { get; set => field = Sent(value); }

    /// <summary>How many visits of people the link allows, 1 to 1,000,000,000,000.</summary>
    public long? MaxVisits { get; set => field = Sent(value); }

    /// <summary>The status of the redirect: 301, 302, 307 or 308. Default: 302.</summary>
    public int? RedirectStatus { get; set => field = Sent(value); }

    /// <summary>
    /// How the query string of a request becomes a part of the redirect: <c>off</c>, <c>append</c> or
    /// <c>merge</c>. Default: <c>off</c>.
    /// </summary>
    public string? ForwardQuery { get; set => field = Sent(value); }

    /// <summary>Whether the path after the code is appended to the target. Default: false.</summary>
    public bool? ForwardPath { get; set => field = Sent(value); }

    /// <summary>Whether the visits of the link become events. Default: false.</summary>
    public bool? VisitEvents { get; set => field = Sent(value); }

    /// <summary>
    /// The rules, at most 32, of which the first that matches a visitor decides the target.
    /// </summary>
    /// <remarks><see cref="RuleReader"/> reads the JSON.</remarks>
    [JsonConverter(typeof(AnyJsonConverter))]
    public JsonElement? Rules { get; set => field = Sent(value); }

    /// <summary>The password that visitors must send, 4 to 128 characters. It is never returned.</summary>
    /// <remarks>The password is plain text. Never log, store or return it.</remarks>
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
