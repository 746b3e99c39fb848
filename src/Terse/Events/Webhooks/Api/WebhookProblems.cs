using Terse.Web;

namespace Terse.Events;

/// <summary>Explains why an operation on a webhook did nothing.</summary>
internal static class WebhookProblems
{
    public static Problem Of(WebhookResult result) => result switch
    {
        WebhookResult.NotFound => NotFound(),
        WebhookResult.DeliveryNotFound => DeliveryNotFound(),
        WebhookResult.OtherVersion => EntityTags.RefuseVersion("webhook"),
        WebhookResult.Inactive(var state) => Problem.Of(
            ProblemType.WebhookInactive,
            $"The webhook is {WebhookStates.NameOf(state)}; resume it with the state "
            + $"'{WebhookStates.Active}' first.",
            "id"),
        WebhookResult.Refused(var field, var detail) => Problem.Of(ProblemType.FieldInvalid, detail, field),
        _ => throw new InvalidOperationException($"{result} is not a known refusal."),
    };

    public static Problem NotFound() => Problem.Of(
        ProblemType.WebhookNotFound, "No webhook has this id.", "id");

    public static Problem DeliveryNotFound() => Problem.Of(
        ProblemType.DeliveryNotFound,
        "The webhook has no delivery of this event; deliveries are kept as long as events.",
        "event");
}
