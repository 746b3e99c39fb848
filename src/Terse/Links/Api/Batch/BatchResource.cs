using System.Text.Json;
using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// The JSON body of a batch. The items are read one by one, so that a mistake in one fails only this one.
/// </summary>
/// <param name="Items">The items, 1 to 1,000.</param>
internal sealed record BatchBody(JsonElement Items);

/// <summary>One item of a batch.</summary>
/// <param name="Op"><c>create</c>, <c>change</c> or <c>delete</c>.</param>
/// <param name="Code">The code of the link to change or to delete.</param>
/// <param name="Domain">The domain of that link; null for the domain of the request's host.</param>
/// <param name="Version">The version that the link must have; null for any version.</param>
/// <param name="IfExists">As the query parameter of a single creation.</param>
/// <param name="Fields">The fields of a new link (<see cref="NewLink"/>) or of a change.</param>
internal sealed record BatchItem(
    string? Op, string? Code, string? Domain, int? Version, string? IfExists, JsonElement Fields);

/// <summary>The response to a batch.</summary>
/// <param name="Items">One result for each item, in the order of the items.</param>
internal sealed record BatchResource(IReadOnlyList<BatchResult> Items);

/// <summary>The result of one item of a batch.</summary>
/// <param name="Status">The status code with which a single request would have been answered.</param>
internal sealed record BatchResult(int Status)
{
    /// <summary>The version of the created or changed link, for a later item or change.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Version { get; init; }

    /// <summary>Whether an earlier request with the same idempotency key created the link.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Replayed { get; init; }

    /// <summary>The created or changed link.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LinkResource? Link { get; init; }

    /// <summary>Why the item failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProblemBody? Problem { get; init; }
}
