using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Access;
using Terse.Web;

namespace Terse.Links;

/// <summary>The endpoints that list tags, and that rename and delete them.</summary>
internal static class TagEndpoints
{
    private const string Root = "/api/v1/tags";

    /// <summary>More than the longest folded tag in UTF-8.</summary>
    private const int MaxCursorBytes = 384;

    /// <summary>The list of tags shows whether a change is done.</summary>
    private static readonly Uri List = new(Root, UriKind.Relative);

    private const string Body = "a JSON object with the field 'name'";

    public static void MapTags(this IEndpointRouteBuilder app)
    {
        var tags = app.MapGroup(Root).WithTags("tags");

        // It counts the links of all domains.
        tags.MapGet("/", ListAsync).RequiresWithoutScope(Role.Viewer).Describe(ListOperations.ListTags);

        // The name of a tag may contain slashes.
        tags.MapPatch("/{**tag}", RenameAsync).RequiresWithoutScope(Role.Editor)
            .Describe(ListOperations.RenameTag);
        tags.MapDelete("/{**tag}", DeleteAsync).RequiresWithoutScope(Role.Editor)
            .Describe(ListOperations.DeleteTag);
    }

    private static async Task<Results<Ok<TagListResource>, Problem>> ListAsync(
        ITagStore tags, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        parameters.RejectUnknown("q", "cursor", "limit");
        var beginning = TagName.Fold(parameters.Text("q") ?? "");
        var after = ReadCursor(parameters);
        var limit = parameters.ReadLimit();
        if (beginning.Length > LinkTexts.MaxTag * 2 || beginning.Contains('\0', StringComparison.Ordinal))
            parameters.Reject("q", "'q' must be the beginning of a tag.");
        if (parameters.Problem is { } problem)
            return problem;

        var page = await tags.ListAsync(new(beginning, after, limit + 1), context.RequestAborted);
        var shown = page.Take(limit).ToList();
        return TypedResults.Ok(new TagListResource(
            shown.ConvertAll(Show),
            page.Count > limit
                ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(shown[^1].Tag.Folded))
                : null));
    }

    private static string? ReadCursor(QueryParameters parameters)
    {
        if (parameters.Text("cursor") is not { } text)
            return null;
        Span<byte> bytes = stackalloc byte[MaxCursorBytes];
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var length) == OperationStatus.Done
            && Encoding.UTF8.GetString(bytes[..length]) is var after
            && !after.Contains('\0', StringComparison.Ordinal))
        {
            return after;
        }

        parameters.RejectCursor();
        return null;
    }

    private static TagResource Show(ListedTag listed) => new(
        listed.Tag.Name,
        listed.Tag.Links,
        listed.Tag.Visits,
        !listed.IsChanging ? null : listed.NewName is null ? "deleting" : "renaming",
        listed.NewName);

    private static async Task<Results<Accepted, Problem>> RenameAsync(
        string tag, ITagStore tags, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        parameters.RejectUnknown("merge");
        var mayMerge = parameters.ReadFlag("merge");
        if (parameters.Problem is { } problem)
            return problem;
        var rename = await JsonBody.ReadAsync(context.Request, LinkJson.Instance.TagRename, Body);
        if (string.IsNullOrEmpty(rename.Name))
            return LinkProblems.Of(Refusal.OfField("name", "Send the new name of the tag."));
        if (LinkTexts.CheckTags([rename.Name]) is { } refusal)
            return LinkProblems.Of(refusal with { Field = "name" });
        return await RequestAsync(new(Unescape(tag), rename.Name, mayMerge, ActorOf(context)), tags, context);
    }

    private static async Task<Results<Accepted, Problem>> DeleteAsync(
        string tag, ITagStore tags, HttpContext context) =>
        await RequestAsync(
            new(Unescape(tag), NewName: null, MayMerge: false, ActorOf(context)), tags, context);

    private static Actor ActorOf(HttpContext context) => RequestInfo.Of(context).Actor;

    /// <summary>Folds the name in a path. The router leaves encoded slashes as they are.</summary>
    private static string Unescape(string? tag) =>
        TagName.Fold((tag ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));

    private static async Task<Results<Accepted, Problem>> RequestAsync(
        TagRequest request, ITagStore tags, HttpContext context)
    {
        var result = request.Folded.Contains('\0', StringComparison.Ordinal)
            ? TagRequestResult.NotFound
            : await tags.RequestAsync(request, context.RequestAborted);
        return result switch
        {
            TagRequestResult.Accepted => TypedResults.Accepted(List),
            TagRequestResult.NotFound => Problem.Of(
                ProblemType.TagNotFound, "No link has this tag. New tags appear after a moment.", "tag"),
            TagRequestResult.NameChanging => Problem.Of(
                ProblemType.TagChanging,
                $"The tag '{request.NewName}' is being changed itself; retry when this change is done.",
                "name"),
            _ => Problem.Of(
                ProblemType.TagTaken,
                $"The tag '{request.NewName}' exists; with merge=true, both become one tag.",
                "name"),
        };
    }
}
