using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Terse.Access;
using Terse.Domains;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Links;

/// <summary>An item of a batch after its JSON was read: a creation, a change or a deletion.</summary>
/// <param name="Names">The names of the links that the item creates, changes or deletes.</param>
internal sealed record BatchRead(IReadOnlyList<LinkName> Names)
{
    public NewLink? New { get; init; }

    /// <summary>Whether a new link is not created if a link that does the same exists.</summary>
    public bool ReturnsExisting { get; init; }

    /// <summary>The change; null for a deletion.</summary>
    public LinkChange? Change { get; init; }

    public IReadOnlyList<int>? Versions { get; init; }

    /// <summary>Whether the item sets a password.</summary>
    public bool HasPassword => !string.IsNullOrEmpty(New?.Password ?? Change?.Password);

    /// <summary>Why the item cannot run; null if it can.</summary>
    public Problem? Problem { get; init; }
}

/// <summary>Reads and runs the items of one batch. Safe for use by any number of threads.</summary>
/// <param name="creator">Creates links.</param>
/// <param name="changer">Changes and deletes links.</param>
/// <param name="reader">Finds the other names of links.</param>
/// <param name="domains">The domains of this installation.</param>
/// <param name="limits">Limits the creations.</param>
/// <param name="logger">Logs unexpected errors.</param>
/// <param name="context">The request.</param>
/// <param name="key">
/// The idempotency key of the request. Each creation has this key and its index, so that a repeated batch
/// creates no link twice.
/// </param>
internal sealed partial class BatchRun(
    LinkCreator creator,
    LinkChanger changer,
    ILinkReader reader,
    DomainMap domains,
    CreationLimits limits,
    ILogger<BatchRun> logger,
    HttpContext context,
    string? key)
{
    private const string Item = "a JSON object with the field 'op'";
    private const string Fields = "a JSON object with fields of a link";

    /// <summary>
    /// Stands for the work of hashing a password. No link has this name. Items that hash a password share it,
    /// and so run one after the other: together they would refuse each other and the passwords of visitors.
    /// </summary>
    private static readonly LinkName Hashing = new("", "");

    private readonly RequestInfo _from = RequestInfo.Of(context);

    public BatchRead Read(JsonElement json)
    {
        try
        {
            var item = Parse(json, LinkJson.Instance.BatchItem, Item, field: null);
            return item.Op switch
            {
                "create" => ReadNew(item),
                "change" or "delete" when item.IfExists is null => ReadChange(item),
                "change" or "delete" =>
                    Refuse("ifExists", "Only an item that creates a link has 'ifExists'."),
                _ => Refuse("op", "'op' must be 'create', 'change' or 'delete'."),
            };
        }
        catch (JsonBodyException exception)
        {
            return Refuse(Problem.Of(exception.Type, exception.Message, exception.Field));
        }
    }

    /// <summary>
    /// Returns all names of the links that an item names, and <see cref="Hashing"/> if it sets a password.
    /// Two items can name one link by its code and by an alias, and must run in their order.
    /// </summary>
    public async ValueTask<IReadOnlyList<LinkName>> FindNamesAsync(
        BatchRead item, CancellationToken cancellationToken)
    {
        IReadOnlyList<LinkName> names = item.HasPassword ? [.. item.Names, Hashing] : item.Names;
        if (item.New is not null || item.Names.Count == 0 || !CustomCode.CouldBeCode(item.Names[0].Code))
            return names;
        try
        {
            var link = await reader.FindLatestAsync(item.Names[0], cancellationToken);
            return link?.LaterCodes is null ? names : [.. names, .. link.Names];
        }
        catch (StoreUnavailableException)
        {
            return names; // The item itself explains the error.
        }
    }

    public async Task<BatchResult> RunAsync(BatchRead item, int index, CancellationToken cancellationToken)
    {
        if (item.Problem is { } problem)
            return Explain(problem);
        try
        {
            if (item.New is not null && limits.Take(context, out _) is { } tooMany)
                return Explain(tooMany);
            if (item.New is not null)
                return Show(await CreateAsync(item, index, cancellationToken));
            return Show(
                item.Change is { } change
                    ? await changer.ChangeAsync(
                        item.Names[0], change, item.Versions, _from, cancellationToken)
                    : await changer.DeleteAsync(item.Names[0], item.Versions, _from, cancellationToken),
                item);
        }
        catch (StoreUnavailableException exception)
        {
            return Explain(Problem.Of(ProblemType.StoreUnavailable, exception.Message));
        }
        catch (OverloadException exception)
        {
            return Explain(Problem.Of(ProblemType.Overloaded, exception.Message));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Explain(Problem.Of(ProblemType.Stopping, "The server is shutting down; retry shortly."));
        }
#pragma warning disable CA1031 // An unexpected error of an item must not hide the results of the others.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogUnexpected(index, exception);
            return Explain(Problem.Of(
                ProblemType.Unexpected, "An unexpected error occurred; please report this trace id."));
        }
    }

    private BatchRead ReadNew(BatchItem item)
    {
        if (item is not { Code: null, Domain: null, Version: null })
            return Refuse("op", "An item that creates a link has its code and its domain in 'fields'.");
        if (item.IfExists is not (null or LinkEndpoints.ReturnExisting))
            return Refuse("ifExists", $"'ifExists' must be '{LinkEndpoints.ReturnExisting}', or absent.");
        var link = Parse(item.Fields, LinkJson.Instance.NewLink, Fields, "fields");
        return OrNull(link.Code) is { } code
            && domains.TryPick(OrNull(link.Domain), _from.Origin.Host, out var domain)
            ? new([new(domain, code)]) { New = link, ReturnsExisting = item.IfExists is not null }
            : new([]) { New = link, ReturnsExisting = item.IfExists is not null };
    }

    private BatchRead ReadChange(BatchItem item)
    {
        if (string.IsNullOrEmpty(item.Code))
            return Refuse("code", $"'code' must name the link to {item.Op}.");
        if (!domains.TryPick(OrNull(item.Domain), _from.Origin.Host, out var domain)
            || !_from.Caller.Scope.HasDomain(domain))
        {
            return Refuse(RequestedLink.RefuseDomain(item.Domain, _from.Caller));
        }

        var name = new LinkName(domain, item.Code);
        IReadOnlyList<int>? versions = item.Version is { } version ? [version] : null;
        if (item.Op == "delete")
        {
            return item.Fields.ValueKind == JsonValueKind.Undefined
                ? new([name]) { Versions = versions }
                : Refuse("fields", "An item that deletes a link has no 'fields'.");
        }

        var change = Parse(item.Fields, LinkJson.Instance.LinkChange, Fields, "fields");
        return new(OrNull(change.Code) is { } code ? [name, new(domain, code)] : [name])
        {
            Change = change,
            Versions = versions,
        };
    }

    private Task<CreateLinkResult> CreateAsync(BatchRead item, int index, CancellationToken cancellationToken)
    {
        // No client can send a key with a space, so the key of an item is not the key of another request.
        var itemKey = key is null ? null : string.Create(CultureInfo.InvariantCulture, $"{key} {index}");
        return creator.CreateAsync(
            item.New!, itemKey, item.ReturnsExisting, _from, cancellationToken);
    }

    private BatchResult Show(CreateLinkResult result) => result switch
    {
        CreateLinkResult.Created({ DeletedAt: not null }, _) => Explain(LinkProblems.Deleted()),
        CreateLinkResult.Created(var link, var isReplayed) =>
            Show(link, StatusCodes.Status201Created) with { Replayed = isReplayed },
        CreateLinkResult.Existing(var link) => Show(link, StatusCodes.Status200OK),
        CreateLinkResult.Refused(var refusal) => Explain(LinkProblems.Of(refusal)),
        _ => throw new InvalidOperationException($"{result} is not a known result of a creation."),
    };

    private BatchResult Show(ChangeLinkResult result, BatchRead item) => result switch
    {
        ChangeLinkResult.Changed when item.Change is null => new(StatusCodes.Status204NoContent),
        ChangeLinkResult.Changed(var link, _) => Show(link, StatusCodes.Status200OK),
        ChangeLinkResult.OtherVersion => Explain(Problem.Of(
            ProblemType.PreconditionFailed,
            "The link has another version; read it again and retry with its new version.",
            "version")),
        _ => Explain(LinkChangeEndpoints.Explain(
            result, domains.DisplayNameOf(item.Names[0].Domain, _from.Origin.Host))),
    };

    private BatchResult Show(Link link, int status) => new(status)
    {
        Version = link.Version,
        Link = LinkResource.Of(link, domains, _from.Origin),
    };

    private BatchResult Explain(Problem problem)
    {
        var body = problem.BodyFor(context);
        return new(body.Status) { Problem = body };
    }

    private static T Parse<T>(JsonElement json, JsonTypeInfo<T> type, string expected, string? field)
        where T : class =>
        json.ValueKind == JsonValueKind.Object
            ? JsonBody.Read(JsonMarshal.GetRawUtf8Value(json), type, expected)
            : throw new JsonBodyException($"An item and its 'fields' must be JSON objects: send {expected}.")
            {
                Field = field,
            };

    private static BatchRead Refuse(string field, string detail) =>
        Refuse(Problem.Of(ProblemType.FieldInvalid, detail, field));

    private static BatchRead Refuse(Problem problem) => new([]) { Problem = problem };

    private static string? OrNull(string? text) => string.IsNullOrEmpty(text) ? null : text;

    [LoggerMessage(
        340, LogLevel.Error, "An unexpected error ended item {Index} of a batch; please report it.")]
    private partial void LogUnexpected(int index, Exception exception);
}
