using Terse.Web;

namespace Terse.Access;

/// <summary>Describes the operation that lists the audit.</summary>
internal static class AuditOperations
{
    public static readonly Operation List = new(
        "listAudit", "List changes", "Each change of a link, a key, a domain or a block is kept for a year.")
    {
        Parameters =
        [
            new("key", "Only changes that the key with this id made."),
            new("action", "Only changes of this kind.") { Example = "link.change" },
            new("subject", "Only changes of this link, key or domain.") { Example = "go.example.com/sale" },
            new("link", "Only changes of the link with this id."),
            new("from", "Only changes at or after this time.") { Example = "2026-11-01T00:00:00Z" },
            new("until", "Only changes before this time.") { Example = "2026-12-01T00:00:00Z" },
            new("cursor", "The `next` of the previous page. Send the other parameters unchanged."),
            OperationParameter.Number(
                "limit",
                "How many entries a page may have.",
                1,
                QueryParameters.MaxLimit,
                QueryParameters.DefaultLimit),
        ],
        Answers = [new(200, "A page of changes, the newest first.", typeof(AuditListResource))],
    };
}
