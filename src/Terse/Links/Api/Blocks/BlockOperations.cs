using Terse.Web;

namespace Terse.Links;

/// <summary>Describes the operations on blocked hosts.</summary>
internal static class BlockOperations
{
    private const string Example =
        """
        {
          "host": "evil.example",
          "subdomains": false,
          "reason": "phishing",
          "url": "/api/v1/blocks/evil.example",
          "createdAt": "2026-11-27T10:00:00Z"
        }
        """;

    private static readonly OperationParameter Host = new("host", "The blocked host or pattern.")
    {
        IsInPath = true,
        Example = "evil.example",
    };

    private static readonly OperationAnswer Shown =
        new(200, "The block.", typeof(BlockResource)) { Example = Example };

    public static readonly Operation List = new(
        "listBlocks", "List blocked hosts", "Hosts that only the file `Blocks:File` blocks are not listed.")
    {
        Parameters = [LinkParameters.Cursor, LinkParameters.Limit],
        Answers = [new(200, "A page of blocks, the newest first.", typeof(BlockListResource))],
    };

    public static readonly Operation Add = new(
        "addBlock",
        "Block a host",
        "Links to the host are refused, and existing ones answer 403 on all servers within a second. A host "
        + "that is blocked already gets the new fields.")
    {
        Body = typeof(BlockFields),
        Examples = [("host", """{"host": "evil.example", "subdomains": true, "reason": "phishing"}""")],
        Answers =
        [
            Shown,
            new(201, "The host is blocked.", typeof(BlockResource))
            {
                Example = Example,
                Headers = [("Location", "The path of the block in the API.")],
            },
        ],
        Problems = [ProblemType.FieldInvalid],
    };

    public static readonly Operation Show = new("getBlock", "Read a block")
    {
        Parameters = [Host],
        Answers = [Shown],
        Problems = [ProblemType.BlockNotFound],
    };

    public static readonly Operation Remove = new("removeBlock", "Remove a block")
    {
        Parameters = [Host],
        Answers = [new(204, "The block was removed. Another block may still include the host.")],
        Problems = [ProblemType.BlockNotFound],
    };
}
