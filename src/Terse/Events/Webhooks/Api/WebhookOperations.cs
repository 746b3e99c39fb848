using Terse.Access;
using Terse.Web;

namespace Terse.Events;

/// <summary>Describes the operations on webhooks.</summary>
internal static class WebhookOperations
{
    private const string Example =
        """
        {
          "id": "w4Kd81mPz0Qx",
          "url": "https://billing.example.com/terse",
          "types": ["link.created", "link.visited"],
          "domains": [],
          "tags": ["mail"],
          "links": [],
          "description": "Invoices",
          "state": "active",
          "reason": null,
          "failures": 0,
          "failingSince": null,
          "slowedUntil": null,
          "createdAt": "2026-11-27T08:30:00Z",
          "createdBy": "k7F3q9X2",
          "oldExpiresAt": null,
          "version": 1
        }
        """;

    private const string Secret = "\"secret\": \"whsec_u6Wh8kM0bq3Yx1Zp5Vn2Jr7Tc4Lf9Gs0DaEeHiKoQwU=\", ";

    private static readonly (string, string) ETag =
        ("ETag", "The version of the webhook. Failed and successful requests do not change it.");

    public static readonly OperationParameter Id = new("id", "The id of the webhook.")
    {
        IsInPath = true,
        Example = "w4Kd81mPz0Qx",
    };

    private static readonly OperationParameter IfMatch = OperationParameter.Header(
        "If-Match",
        "The `ETag` of the version that the client has read; several are separated by commas. If the present "
        + "version is another one, nothing changes, and the answer is 412. Default: any version.",
        "\"v3\"");

    private static readonly OperationAnswer Shown =
        new(200, "The webhook, without its secret.", typeof(WebhookResource))
        {
            Example = Example,
            Headers = [ETag],
        };

    public static readonly Operation List = new("listWebhooks", "List webhooks")
    {
        Answers =
        [
            new(200, "All webhooks, the newest first, without their secrets.", typeof(WebhookListResource))
            {
                Example = $$"""{ "webhooks": [{{Example}}] }""",
            },
        ],
    };

    public static readonly Operation Create = new(
        "createWebhook",
        "Create a webhook",
        "Events that are written from now on are sent to the URL, each as a CloudEvent with a signature. "
        + "Only this answer contains the secret that verifies signatures. Whether the URL is in a "
        + "private network "
        + "is checked when events are sent.")
    {
        Body = typeof(WebhookFields),
        Examples =
        [
            ("webhook",
                """
                {
                  "url": "https://billing.example.com/terse",
                  "types": ["link.created", "link.visited"],
                  "tags": ["mail"],
                  "description": "Invoices"
                }
                """),
        ],
        Answers =
        [
            new(201, "The webhook, with its secret.", typeof(WebhookResource))
            {
                Example = $"{{ {Secret}{Example.TrimStart('{')}",
                Headers = [ETag, ("Location", "The path of the webhook in the API.")],
            },
        ],
        Problems = [ProblemType.FieldInvalid],
    };

    public static readonly Operation Show = new("getWebhook", "Read a webhook")
    {
        Parameters = [Id],
        Answers = [Shown],
        Problems = [ProblemType.WebhookNotFound],
    };

    public static readonly Operation Change = new(
        "changeWebhook",
        "Change a webhook, pause it, or resume it",
        "The body is a JSON merge patch (RFC 7396): a field that is absent keeps its value, and null "
        + "restores the default. The state `paused` lets events wait; `active` sends them again, "
        + "also for a webhook "
        + "that has ended. A new filter applies to events for which no delivery exists yet.")
    {
        Parameters = [Id, IfMatch],
        Body = typeof(WebhookChange),
        Examples = [("pause", """{ "state": "paused" }"""), ("types", """{ "types": ["link"] }""")],
        Answers = [Shown],
        Problems =
            [ProblemType.FieldInvalid, ProblemType.WebhookNotFound, ProblemType.PreconditionFailed],
    };

    public static readonly Operation Rotate = new(
        "rotateWebhook",
        "Give a webhook a new secret",
        "Requests are signed with the present secret, too, for a day more, or until `oldExpiresAt`, at most "
        + "90 days. Only this answer contains the new secret.")
    {
        Parameters = [Id],
        Body = typeof(KeyRotation),
        IsBodyOptional = true,
        Examples = [("now", """{ "oldExpiresAt": "2026-11-27T09:00:00Z" }""")],
        Answers =
            [new(200, "The webhook, with its new secret.", typeof(WebhookResource)) { Headers = [ETag] }],
        Problems = [ProblemType.FieldInvalid, ProblemType.WebhookNotFound],
    };

    public static readonly Operation Test = new(
        "testWebhook",
        "Send a test event",
        "The event has the type `webhook.tested`, and is sent whatever the filter selects. The list of "
        + "deliveries shows what the receiver answered.")
    {
        Parameters = [Id],
        Answers =
        [
            new(202, "The test event is on its way.", typeof(WebhookTestResource))
            {
                Example = """{ "event": "1795687800123456-42" }""",
                Headers = [("Location", "The path of the deliveries in the API.")],
            },
        ],
        Problems = [ProblemType.WebhookNotFound, ProblemType.WebhookInactive],
    };

    public static readonly Operation Delete = new(
        "deleteWebhook", "Delete a webhook", "Its deliveries are deleted, too, and nothing more is sent.")
    {
        Parameters = [Id],
        Answers = [new(204, "The webhook was deleted.")],
        Problems = [ProblemType.WebhookNotFound],
    };
}
