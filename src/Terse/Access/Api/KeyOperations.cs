using Terse.Web;

namespace Terse.Access;

/// <summary>Describes the operations on API keys.</summary>
internal static class KeyOperations
{
    private const string Example =
        """
        {
          "id": "k7F3q9X2",
          "name": "newsletter",
          "role": "creator",
          "domains": ["go.example.com"],
          "tags": [],
          "state": "active",
          "createdAt": "2026-11-27T08:30:00Z",
          "createdBy": null,
          "expiresAt": null,
          "revokedAt": null,
          "lastUsedAt": "2026-11-27T08:00:00Z",
          "oldExpiresAt": null
        }
        """;

    private static readonly OperationParameter Id = new("id", "The public part of the key.")
    {
        IsInPath = true,
        Example = "k7F3q9X2",
    };

    public static readonly Operation List = new("listKeys", "List keys", "Revoked keys are included.")
    {
        Answers =
        [
            new(200, "All keys, without their secrets.", typeof(KeyListResource))
            {
                Example = $$"""{ "keys": [{{Example}}] }""",
            },
        ],
    };

    public static readonly Operation Create = new(
        "createKey",
        "Create a key",
        "Only this answer contains the whole key. It works on every server at once.")
    {
        Body = typeof(KeyRequest),
        Examples = [("key", """{ "name": "newsletter", "role": "creator", "tags": ["mail"] }""")],
        Answers =
        [
            new(201, "The key, with its secret.", typeof(KeyResource))
            {
                Headers = [("Location", "The path of the key in the API.")],
            },
        ],
        Problems = [ProblemType.FieldInvalid],
    };

    public static readonly Operation Show = new("getKey", "Read a key")
    {
        Parameters = [Id],
        Answers = [new(200, "The key, without its secret.", typeof(KeyResource)) { Example = Example }],
        Problems = [ProblemType.KeyNotFound],
    };

    public static readonly Operation Rotate = new(
        "rotateKey",
        "Give a key a new secret",
        "The present secret works for a day more, or until `oldExpiresAt`, at most 90 days.")
    {
        Parameters = [Id],
        Body = typeof(KeyRotation),
        IsBodyOptional = true,
        Examples = [("now", """{ "oldExpiresAt": "2026-11-27T09:00:00Z" }""")],
        Answers = [new(200, "The key, with its new secret.", typeof(KeyResource))],
        Problems = [ProblemType.FieldInvalid, ProblemType.KeyNotFound],
    };

    public static readonly Operation Revoke = new(
        "revokeKey", "Revoke a key", "All servers refuse the key within a second.")
    {
        Parameters = [Id],
        Answers = [new(204, "The key was revoked.")],
        Problems = [ProblemType.FieldInvalid, ProblemType.KeyNotFound],
    };
}
