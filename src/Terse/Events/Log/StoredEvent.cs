namespace Terse.Events;

/// <summary>An event as the database stores it.</summary>
/// <param name="Position">The position in the log, which is also the id.</param>
/// <param name="Type">What happened, such as <c>link.changed</c>; one of <see cref="EventTypes"/>.</param>
/// <param name="Subject">
/// What it happened to: domain and code of a link (<c>DOMAIN/CODE</c>, without a domain for the default
/// domain), the id of a key or a webhook, a domain, or a blocked host.
/// </param>
/// <param name="LinkId">The id of the link; null if the event is not about a link.</param>
/// <param name="Version">
/// The version of the link after the change; null if the event is not about a link.
/// </param>
/// <param name="KeyId">The API key that made the change; null without one.</param>
/// <param name="Before">
/// The state before as JSON, without secrets; null if there was none, and for an erased link.
/// </param>
/// <param name="After">
/// The state after as JSON, without secrets; null if there is none, and for an erased link.
/// </param>
/// <param name="Data">
/// Further facts as a JSON object; null without any. An event about visits has them here, and the tags of the
/// link as <c>tags</c>.
/// </param>
internal sealed record StoredEvent(
    EventPosition Position,
    string Type,
    string Subject,
    long? LinkId,
    int? Version,
    string? KeyId,
    string? Before,
    string? After,
    string? Data);
