using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Makes the codes of links from their ids. Two ids of a layout never get the same code, unless codes are
/// random; a plain one and an opaque one can. Then the store refuses the second, and another id is minted.
/// Implementations are safe for use by any number of threads.
/// </summary>
internal interface ICodeStrategy
{
    /// <summary>What the strategy is called in the settings.</summary>
    string Name { get; }

    /// <summary>What a code tells of its id.</summary>
    CodeContent Content { get; }

    /// <summary>
    /// Makes a code. It begins with a digit where codes tell anything, and with anything else where they do
    /// not.
    /// </summary>
    /// <param name="id">The link's id.</param>
    /// <param name="layout">By which the id was minted.</param>
    string NewCode(Tsid id, IdLayout layout);

    /// <summary>
    /// Reads a code, if the strategy can have made it from an id of this layout; whether the layout was in
    /// use at that time is not asked here.
    /// </summary>
    /// <param name="code">Any text.</param>
    /// <param name="layout">By which the id may have been minted.</param>
    /// <param name="id">The id; where codes tell only its tick, the first one of that.</param>
    bool TryReadId(string code, IdLayout layout, out Tsid id);
}

/// <summary>
/// What a code tells of its id to those who know the layout, and the secret where there is one.
/// </summary>
internal enum CodeContent
{
    /// <summary>Nothing, not even when it was minted.</summary>
    Nothing,

    /// <summary>In which tick it was minted.</summary>
    Tick,

    /// <summary>All.</summary>
    Id,
}
