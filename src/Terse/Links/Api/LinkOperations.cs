using Terse.Web;

namespace Terse.Links;

/// <summary>Describes the operations that create, read and change links.</summary>
internal static class LinkOperations
{
    private const string MergePatch =
        "The body is a JSON merge patch (RFC 7396): a field that is absent keeps its value, and null removes "
        + "what the field had set.";

    public static readonly Operation Create = new(
        "createLink",
        "Create a link",
        "Only `target` is required. The link works on every server as soon as the answer arrives. Repeat a "
        + "request whose answer was lost with the same `Idempotency-Key`.")
    {
        Parameters =
        [
            OperationParameter.Choice(
                "ifExists",
                "`return` answers with the oldest link of the domain that has the same target, and the same "
                + "code if one is sent, instead of a new link. Default: always create a link.",
                [LinkEndpoints.ReturnExisting]),
            LinkParameters.IdempotencyKey,
        ],
        Body = typeof(NewLink),
        Examples = [("minimal", LinkExamples.Minimal), ("full", LinkExamples.Full)],
        Answers =
        [
            new(201, "The link was created, by this request or by an earlier one with the same key.",
                typeof(LinkResource))
            {
                Example = LinkExamples.Link,
                Headers =
                [
                    LinkParameters.ETag,
                    ("Location", "The path of the link in the API."),
                    ("Idempotency-Replayed", "`true` if an earlier request with this key created the link."),
                ],
            },
            new(200, "The existing link, if the request has `ifExists=return`.", typeof(LinkResource))
            {
                Headers = [LinkParameters.ETag],
            },
        ],
        Problems =
        [
            .. LinkParameters.FieldProblems, ProblemType.IdempotencyKeyInvalid,
            ProblemType.IdempotencyKeyReused, ProblemType.LinkDeleted,
        ],
    };

    public static readonly Operation Get = new("getLink", "Read a link")
    {
        Parameters =
        [
            LinkParameters.Code,
            LinkParameters.Domain,
            LinkParameters.ChangedAt,
            OperationParameter.Header(
                "If-None-Match", "An `ETag`. If it is the present one, the answer is 304.", "\"v3-1204\""),
        ],
        Answers =
        [
            new(200, "The link.", typeof(LinkResource))
            {
                Example = LinkExamples.Link,
                Headers = [LinkParameters.ETag],
            },
            new(304, "The client has this representation of the link."),
        ],
        Problems = LinkParameters.Problems,
    };

    public static readonly Operation Change = new(
        "changeLink", "Change a link", $"{MergePatch} A new `code` keeps the present code as an alias.")
    {
        Parameters = [LinkParameters.Code, LinkParameters.Domain, LinkParameters.IfMatch],
        Body = typeof(LinkChange),
        Examples = [("change", LinkExamples.Change)],
        Answers = [ChangedLink("The changed link, without its visits.")],
        Problems =
            [.. LinkParameters.Problems, .. LinkParameters.FieldProblems, ProblemType.PreconditionFailed],
    };

    public static readonly Operation Delete = new(
        "deleteLink",
        "Delete a link",
        "The short URL answers 410. The code is never used again; `restore` undoes the deletion.")
    {
        Parameters = [LinkParameters.Code, LinkParameters.Domain, LinkParameters.IfMatch],
        Answers = [new(204, "The link was deleted.") { Headers = [LinkParameters.ChangedAtHeader] }],
        Problems = ChangeProblems,
    };

    public static readonly Operation Restore = new(
        "restoreLink",
        "Restore a deleted link",
        "Possible for the time of the setting `Links:RestoreFor` (30 days), unless the link was erased.")
    {
        Parameters = [LinkParameters.Code, LinkParameters.Domain, LinkParameters.IfMatch],
        Answers = [ChangedLink("The restored link, without its visits.")],
        Problems = ChangeProblems,
    };

    public static readonly Operation Erase = new(
        "eraseLink",
        "Erase a link and its visits",
        "Deletes the target, all other fields and the visits for ever. Only the code stays, so that it is "
        + "never used again. The visits are erased in the background.")
    {
        Parameters = [LinkParameters.Code, LinkParameters.Domain, LinkParameters.IfMatch],
        Answers =
        [
            new(202, "The link was erased; its visits follow.")
            {
                Headers = [LinkParameters.ChangedAtHeader],
            },
        ],
        Problems = ChangeProblems,
    };

    public static readonly Operation Batch = new(
        "runBatch",
        "Create, change and delete many links",
        "Each of the 1 to 1,000 items is answered like a single request, and no item fails another one. "
        + "Items that name the same link run in their order. The body may have 4 MiB.")
    {
        Parameters = [LinkParameters.IdempotencyKey],
        Body = typeof(BatchBody),
        Examples = [("batch", LinkExamples.Batch)],
        Answers =
        [
            new(200, "One result for each item, in their order.", typeof(BatchResource))
            {
                Example = LinkExamples.BatchResults,
            },
        ],
        Problems = [ProblemType.FieldInvalid, ProblemType.IdempotencyKeyInvalid],
    };

    public static readonly Operation QrSvg =
        Qr("getQrCodeAsSvg", "Draw the QR code of a link as SVG", "image/svg+xml");

    public static readonly Operation QrPng =
        Qr("getQrCodeAsPng", "Draw the QR code of a link as PNG", "image/png");

    private static IReadOnlyList<ProblemType> ChangeProblems =>
        [.. LinkParameters.Problems, ProblemType.PreconditionFailed, ProblemType.RequestMalformed];

    private static OperationAnswer ChangedLink(string description) =>
        new(200, description, typeof(LinkResource))
        {
            Headers = [LinkParameters.ETag, LinkParameters.ChangedAtHeader],
        };

    private static Operation Qr(string id, string summary, string mediaType) => new(
        id, summary, "The image contains the short URL. It never changes, so clients may cache it.")
    {
        Parameters =
        [
            LinkParameters.Code,
            LinkParameters.Domain,
            OperationParameter.Number(
                "size",
                "The width and the height of the image, in pixels.",
                QrStyle.MinSize,
                QrStyle.MaxSize,
                QrStyle.Default.Size),
            OperationParameter.Number(
                "margin",
                "The width of the empty margin, in modules.",
                0,
                QrStyle.MaxMargin,
                QrStyle.Default.Margin),
            OperationParameter.Choice(
                "level",
                "How much of the code may be damaged: 7 %, 15 %, 25 % or 30 %. Default: M.",
                ["L", "M", "Q", "H"]),
            new("dark", "The color of the dark modules, six hexadecimal digits.") { Example = "1a2b3c" },
            new("light", "The color of the light modules, six hexadecimal digits, or `transparent`.")
            {
                Example = "transparent",
            },
        ],
        Answers =
        [
            new(200, "The image.") { MediaType = mediaType, Headers = [("ETag", "A hash of the image.")] },
            new(304, "The client has this image."),
        ],
        Problems = LinkParameters.Problems,
    };
}
