using Terse.Web;

namespace Terse.Events;

/// <summary>Describes the operations that show the JSON Schemas of events.</summary>
internal static class EventSchemaOperations
{
    public static readonly Operation List = new(
        "listEventSchemas",
        "List the types of events",
        "Each type has a JSON Schema, which describes the whole CloudEvent.")
    {
        Answers =
        [
            new(200, "All types.", typeof(EventSchemaListResource))
            {
                Example =
                    """
                    {
                      "schemas": [
                        {
                          "type": "link.created",
                          "cloudEventType": "terse.link.created.v1",
                          "url": "/api/v1/events/schemas/link.created"
                        }
                      ]
                    }
                    """,
            },
        ],
    };

    public static readonly Operation Show = new(
        "showEventSchema",
        "Show the JSON Schema of a type of events",
        "The schema has the dialect 2020-12, and describes the whole CloudEvent, not only its `data`. Later "
        + "versions may add fields.")
    {
        Parameters =
        [
            new("type", "The type in its short form.") { IsInPath = true, Example = "link.created" },
        ],
        Answers = [new(200, "The schema.") { MediaType = "application/schema+json" }],
        Problems = [ProblemType.PathNotFound],
    };
}
