using Terse.Web;

namespace Terse.Events;

/// <summary>Describes the operations on the deliveries of a webhook.</summary>
internal static class DeliveryOperations
{
    private const string Example =
        """
        {
          "event": "1795687800123456-42",
          "type": "link.created",
          "subject": "/sale",
          "at": "2026-11-27T08:30:00.123456Z",
          "state": "waiting",
          "attempts": 2,
          "triedAt": "2026-11-27T08:30:05.4Z",
          "status": 503,
          "latencyMs": 37,
          "response": "The database is down.",
          "nextTryAt": "2026-11-27T08:35:06Z"
        }
        """;

    private static readonly OperationParameter Event = new("event", "The id of the event.")
    {
        IsInPath = true,
        Example = "1795687800123456-42",
    };

    public static readonly Operation List = new(
        "listDeliveries",
        "List deliveries",
        "Each event that the webhook selects is one delivery. They are kept as long as events "
        + "(`Events:Retention`).")
    {
        Parameters =
        [
            WebhookOperations.Id,
            OperationParameter.Choice(
                "state",
                "Only deliveries in this state.",
                DeliveryStates.All.Select(state => state.Name)),
            new("from", "Only events at or after this time.") { Example = "2026-11-01T00:00:00Z" },
            new("until", "Only events before this time.") { Example = "2026-12-01T00:00:00Z" },
            new("cursor", "The `next` of the previous page. Send the other parameters unchanged."),
            OperationParameter.Number(
                "limit",
                "How many entries a page may have.",
                1,
                QueryParameters.MaxLimit,
                QueryParameters.DefaultLimit),
        ],
        Answers =
        [
            new(200, "A page of deliveries, the newest event first.", typeof(DeliveryListResource))
            {
                Example = $$"""{ "deliveries": [{{Example}}] }""",
            },
        ],
        Problems = [ProblemType.WebhookNotFound],
    };

    public static readonly Operation ReplayOne = new(
        "replayDelivery",
        "Send an event once more",
        "The delivery waits again, with the same `webhook-id`. Nothing happens if it waits already.")
    {
        Parameters = [WebhookOperations.Id, Event],
        Answers =
        [
            new(200, "The delivery waits.", typeof(ReplayResource))
            {
                Example = """{ "replayed": 1, "hasMore": false }""",
            },
        ],
        Problems = [ProblemType.WebhookNotFound, ProblemType.DeliveryNotFound, ProblemType.WebhookInactive],
    };

    public static readonly Operation Replay = new(
        "replayDeliveries",
        "Send many events once more",
        "The deliveries of a state or of a time wait again, the oldest first. Those of a paused webhook wait "
        + "until it is resumed.")
    {
        Parameters = [WebhookOperations.Id],
        Body = typeof(ReplayRequest),
        Examples =
        [
            ("dead", """{ "state": "dead" }"""),
            ("hour", """{ "from": "2026-11-27T08:00:00Z", "until": "2026-11-27T09:00:00Z" }"""),
        ],
        Answers =
        [
            new(200, "How many deliveries wait again.", typeof(ReplayResource))
            {
                Example = """{ "replayed": 731, "hasMore": false }""",
            },
        ],
        Problems = [ProblemType.FieldInvalid, ProblemType.WebhookNotFound, ProblemType.WebhookInactive],
    };
}
