using Terse.Web;

namespace Terse.Links;

/// <summary>Describes the operations on lists of links and on tags.</summary>
internal static class ListOperations
{
    private static readonly OperationParameter Tag = new("tag", "The name of the tag, in any case.")
    {
        IsInPath = true,
        Example = "mail",
    };

    public static readonly Operation List = new(
        "listLinks",
        "List links, and search for them",
        "All conditions have to hold. A page can be short, or empty, and have a next page: the list ends "
        + "only where `next` is missing.")
    {
        Parameters =
        [
            new("q", "Words, or beginnings of words, of the title, the note, the tags, the target or a "
                + "custom code, or a whole code; all have to match.")
            {
                Example = "autumn sale",
            },
            new("domain", "Only links of this domain.") { Example = "go.example.com" },
            Repeatable("tag", "Only links with all of these tags."),
            Repeatable("anyTag", "Only links with one of these tags."),
            Repeatable("noTag", "Only links without these tags."),
            OperationParameter.Choice(
                "state",
                "Only links in this state. Default: links in any state.",
                ListParameters.StateNames),
            Instant("createdFrom", "Only links created at or after this time."),
            Instant("createdUntil", "Only links created before this time."),
            new("targetHost", "Only links whose target has exactly this host.")
            {
                Example = "www.example.com",
            },
            Instant("notVisitedSince", "Only links without a visit of a person since this time."),
            new("createdBy", "Only links that the key with this id created."),
            OperationParameter.Choice("order", "Default: `newest`.", ListParameters.OrderNames),
            OperationParameter.Flag("count", "Whether to count all links that match."),
            LinkParameters.Cursor,
            LinkParameters.Limit,
            LinkParameters.ChangedAt,
        ],
        Answers =
        [
            new(200, "A page of links.", typeof(LinkListResource)) { Example = LinkExamples.List },
        ],
    };

    public static readonly Operation ListTags = new("listTags", "List tags")
    {
        Parameters =
        [
            new("q", "The beginning of the tags to list.") { Example = "ma" },
            LinkParameters.Cursor,
            LinkParameters.Limit,
        ],
        Answers =
        [
            new(200, "A page of tags, in alphabetical order.", typeof(TagListResource))
            {
                Example = LinkExamples.Tags,
            },
        ],
    };

    public static readonly Operation RenameTag = new(
        "renameTag", "Rename a tag", "All links with the tag change in the background.")
    {
        Parameters =
            [Tag, OperationParameter.Flag("merge", "Whether the tag may become one with an existing tag.")],
        Body = typeof(TagRename),
        Examples = [("rename", """{ "name": "newsletter" }""")],
        Answers = [ChangingTag],
        Problems =
        [
            ProblemType.FieldInvalid, ProblemType.TagNotFound, ProblemType.TagTaken, ProblemType.TagChanging,
        ],
    };

    public static readonly Operation DeleteTag = new(
        "deleteTag", "Delete a tag", "All links lose the tag in the background. No link is deleted.")
    {
        Parameters = [Tag],
        Answers = [ChangingTag],
        Problems = [ProblemType.TagNotFound],
    };

    private static OperationAnswer ChangingTag =>
        new(202, "The links are being changed. The list of tags shows when this is done.")
        {
            Headers = [("Location", "The path of the list of tags.")],
        };

    private static OperationParameter Repeatable(string name, string description) =>
        new(name, description + " Can be repeated.")
        {
            Schema = """{"type": "array", "items": {"type": "string"}}""",
        };

    private static OperationParameter Instant(string name, string description) => new(name, description)
    {
        Schema = """{"type": "string", "format": "date-time"}""",
        Example = "2026-11-01T00:00:00Z",
    };
}
