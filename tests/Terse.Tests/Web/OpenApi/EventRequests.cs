using System.Text.Json.Nodes;
using Terse.Events;

namespace Terse.Tests.Web;

/// <summary>
/// Writes the section <c>webhooks</c> of the OpenAPI document: one request for each type of event, with the
/// JSON Schema of its body. The live stream sends the same bodies.
/// </summary>
internal static class EventRequests
{
    public static void Add(JsonObject root)
    {
        var schemas = root["components"]!["schemas"]!.AsObject();
        var webhooks = new JsonObject();
        foreach (var type in EventTypes.All)
        {
            schemas[EventSchemas.NameOf(type)] = EventSchemas.SchemaOf(type);
            webhooks[type] = new JsonObject { ["post"] = RequestOf(type) };
        }

        root["webhooks"] = webhooks;
    }

    private static JsonObject RequestOf(string type)
    {
        var request = JsonNode.Parse(
            """
            {
              "tags": ["webhooks"],
              "security": [],
              "parameters": [
                {
                  "name": "webhook-id", "in": "header", "required": true,
                  "description": "The id of the event: ignore an id that was handled already.",
                  "schema": { "type": "string" }
                },
                {
                  "name": "webhook-timestamp", "in": "header", "required": true,
                  "description": "When the request was sent, in seconds since 1970.",
                  "schema": { "type": "integer" }
                },
                {
                  "name": "webhook-signature", "in": "header", "required": true,
                  "description": "Signatures after Standard Webhooks, separated by spaces: `v1,` and Base64.",
                  "schema": { "type": "string" }
                }
              ],
              "requestBody": { "content": { "application/cloudevents+json": { "schema": {} } } },
              "responses": {
                "2XX": { "description": "The receiver has the event; it is not sent again." },
                "410": { "description": "The receiver wants no more events; the webhook ends." },
                "default": { "description": "The event is sent again later." }
              }
            }
            """)!.AsObject();
        request["operationId"] = $"on{EventSchemas.NameOf(type)}";
        request["summary"] = $"The event `{type}`";
        request["requestBody"]!["content"]!["application/cloudevents+json"]!["schema"]!["$ref"] =
            $"#/components/schemas/{EventSchemas.NameOf(type)}";
        return request;
    }
}
