namespace Terse.Links;

/// <summary>
/// The names under which visitors are classified. Rules can name only these, so that a misspelt name is
/// refused.
/// </summary>
internal sealed record VisitorNames(
    IReadOnlyList<string> Devices, IReadOnlyList<string> Systems, IReadOnlyList<string> Browsers);
