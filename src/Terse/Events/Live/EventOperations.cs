using Terse.Web;

namespace Terse.Events;

/// <summary>Describes the operation that sends a live stream.</summary>
internal static class EventOperations
{
    public static readonly Operation Stream = new(
        "streamEvents",
        "Read events live",
        "The response is a stream of server-sent events that has no end. Each event has its `id`, its type "
        + "as `event`, and a CloudEvent 1.0 as `data`. After any end, connect again with the last `id` as "
        + "`Last-Event-ID`: nothing is missing, and nothing comes twice. A key sees the events of the links "
        + "in its scope; events that are not about links are for admins.")
    {
        Parameters =
        [
            Many(EventParameters.Types, "Only these types, or all that begin with these words.", "link"),
            Many(EventParameters.Domains, "Only links of these domains.", "default"),
            Many(EventParameters.Tags, "Only links with one of these tags.", "mail"),
            Many(EventParameters.Links, "Only the links with these ids.", "13835058055296"),
            new(EventParameters.LastId, "As the header `Last-Event-ID`, which wins.")
            {
                Example = "1795687800123456-42",
            },
            OperationParameter.Header(
                EventParameters.LastIdHeader,
                "The last id that the client received. Without it, the stream begins with the next event.",
                "1795687800123456-42"),
        ],
        Answers =
        [
            new(200, "The stream.")
            {
                MediaType = "text/event-stream",
                Headers = [("X-Accel-Buffering", "`no`, so that nginx keeps nothing back.")],
            },
        ],
        Problems = [ProblemType.EventsExpired],
    };

    private static OperationParameter Many(string name, string description, string example) =>
        new(name, description + " Several are separated by commas, or sent in several parameters.")
        {
            Example = example,
        };
}
