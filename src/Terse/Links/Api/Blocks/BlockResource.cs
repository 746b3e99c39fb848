using System.Text.Json.Serialization;

namespace Terse.Links;

/// <summary>A blocked host, as the API shows it.</summary>
/// <param name="Host">The host or the pattern in canonical spelling.</param>
/// <param name="Subdomains">Whether all subdomains of the host are blocked, too.</param>
/// <param name="Reason">Why the host is blocked; null if nobody said why.</param>
/// <param name="Url">The path of the block in the API.</param>
/// <param name="CreatedAt">When the host was first blocked.</param>
internal sealed record BlockResource(
    string Host, bool Subdomains, string? Reason, string Url, DateTime CreatedAt)
{
    public static BlockResource Of(Block block) => new(
        block.Host,
        block.IncludesSubdomains,
        block.Reason,
        $"{BlockEndpoints.Root}/{Uri.EscapeDataString(block.Host)}",
        block.CreatedAt.UtcDateTime);
}

/// <summary>A page of blocked hosts.</summary>
/// <param name="Blocks">The blocks of the page, the newest first.</param>
/// <param name="Next">The cursor of the next page; null on the last page.</param>
internal sealed record BlockListResource(
    IReadOnlyList<BlockResource> Blocks,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);
