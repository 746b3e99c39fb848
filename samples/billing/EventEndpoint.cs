using System.Text.Json;

namespace Billing;

/// <summary>Receives the events of Terse.</summary>
internal static class EventEndpoint
{
    private const string Visited = "terse.link.visited.v1";
    private const string Deleted = "terse.link.deleted.v1";
    private const string Erased = "terse.link.erased.v1";
    private const string Restored = "terse.link.restored.v1";

    /// <summary>
    /// Answers 204 only after the ledger has stored the event on the disk. Any other answer, or none, makes
    /// Terse send the event again.
    /// </summary>
    public static async Task<IResult> ReceiveAsync(
        HttpRequest request, WebhookSignature signature, Ledger ledger, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        var bytes = body.ToArray();
        if (!signature.IsValid(
            request.Headers["webhook-id"].ToString(),
            request.Headers["webhook-timestamp"].ToString(),
            request.Headers["webhook-signature"].ToString(),
            bytes))
        {
            return Results.Unauthorized();
        }

        using var document = JsonDocument.Parse(bytes);
        Store(document.RootElement, ledger);
        return Results.NoContent();
    }

    private static void Store(JsonElement sent, Ledger ledger)
    {
        var id = sent.GetProperty("id").GetString()!;
        var data = sent.GetProperty("data");
        switch (sent.GetProperty("type").GetString())
        {
            case Visited:
                ledger.Charge(id, LinkOf(data), data.GetProperty("visits").GetInt64());
                break;
            case Deleted or Erased:
                ledger.Refund(id, LinkOf(data), VersionOf(data));
                break;
            case Restored:
                ledger.Reopen(id, LinkOf(data), VersionOf(data));
                break;
            default:
                break; // The webhook may send other types; they need no entry.
        }
    }

    private static long VersionOf(JsonElement data) => data.GetProperty("version").GetInt64();

    private static string LinkOf(JsonElement data) => data.GetProperty("link").GetString()!;
}
