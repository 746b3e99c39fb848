using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Creates the codes of links from their ids. Two ids of one layout never get the same code, unless codes are
/// random. An opaque code can equal a plain one; then the store refuses the second link, and the server mints
/// another id. Implementations are safe for use by any number of threads.
/// </summary>
internal interface ICodeStrategy
{
    /// <summary>The name of the strategy in the settings.</summary>
    string Name { get; }

    /// <summary>The part of the id that a code contains.</summary>
    EncodedPart Encodes { get; }

    /// <summary>
    /// Creates a code. The code begins with a digit if and only if it contains at least the tick of the id.
    /// </summary>
    /// <param name="id">The link's id.</param>
    /// <param name="layout">The layout of the id.</param>
    string NewCode(Tsid id, IdLayout layout);

    /// <summary>
    /// Reads a code that the strategy can have created from an id of this layout. The method does not check
    /// whether the layout was in use at the time of the id.
    /// </summary>
    /// <param name="code">Any text.</param>
    /// <param name="layout">The layout to try.</param>
    /// <param name="id">The id; the first id of its tick if the code contains only the tick.</param>
    bool TryReadId(string code, IdLayout layout, out Tsid id);
}

/// <summary>
/// The part of an id that a code contains, readable with the layout, and for an opaque code with the secret.
/// </summary>
internal enum EncodedPart
{
    /// <summary>Nothing: the code does not even contain its time.</summary>
    None,

    /// <summary>The tick of the id.</summary>
    Tick,

    /// <summary>The whole id.</summary>
    WholeId,
}
