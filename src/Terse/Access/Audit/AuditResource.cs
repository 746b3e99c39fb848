using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Access;

/// <summary>A change, as the API shows it.</summary>
/// <param name="At">When the change was made.</param>
/// <param name="Action">
/// <c>link.create</c>, <c>link.change</c>, <c>link.delete</c>, <c>link.restore</c>, <c>link.erase</c>,
/// <c>key.create</c>, <c>key.rotate</c>, <c>key.revoke</c>, <c>domain.add</c>, <c>domain.change</c>,
/// <c>domain.remove</c>, <c>block.add</c>, <c>block.remove</c>, <c>webhook.create</c>,
/// <c>webhook.change</c>, <c>webhook.pause</c>, <c>webhook.resume</c>, <c>webhook.end</c> or
/// <c>webhook.delete</c>.
/// </param>
/// <param name="Subject">
/// The domain and the code of the link, the id of the key, the domain or the blocked host.
/// </param>
/// <param name="Link">The id of the link; null if something else was changed.</param>
/// <param name="Key">The id of the key that made the change; null for a command and without a key.</param>
/// <param name="Address">The address of the client; null if the audit keeps no addresses.</param>
/// <param name="Before">The state before; null if there was none, and for an erased link.</param>
/// <param name="After">The state after; null if there is none, and for an erased link.</param>
internal sealed record AuditResource(
    DateTime At,
    string Action,
    string Subject,
    string? Link,
    string? Key,
    string? Address,
    JsonElement? Before,
    JsonElement? After);

/// <summary>A page of the audit.</summary>
/// <param name="Audit">The changes, the newest first.</param>
/// <param name="Next">The cursor of the next page; absent on the last page.</param>
internal sealed record AuditListResource(
    IReadOnlyList<AuditResource> Audit,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);
