using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Creates the codes of links from their ids. Two ids of the same layout never get the same code, unless the
/// strategy creates random codes. An encrypted (opaque) code can equal a code that is not encrypted. When a
/// new link gets the code of an existing link, the store refuses the new link, and the server mints a new id.
/// Implementations are safe for use by any number of threads.
/// </summary>
internal interface ICodeStrategy
{
    /// <summary>The value of the setting <c>Codes:Strategy</c> that selects this strategy.</summary>
    string Name { get; }

    /// <summary>The part of a link's id that the link's code contains.</summary>
    EncodedPart Encodes { get; }

    /// <summary>
    /// Creates the code of a link. A tick is the unit of an id's timestamp. The code begins with a digit if
    /// the code contains the tick of the id, alone or with the other parts of the id. Otherwise the code
    /// begins with another character.
    /// </summary>
    /// <param name="id">The id of the link.</param>
    /// <param name="layout">The layout of the id.</param>
    string NewCode(Tsid id, IdLayout layout);

    /// <summary>
    /// Reads the id from a code. Returns false if this strategy cannot have created the code from an id of
    /// this layout. The method does not check whether servers used the layout when the id was minted.
    /// </summary>
    /// <param name="code">Any text.</param>
    /// <param name="layout">The layout that the id may have.</param>
    /// <param name="id">
    /// The id of the code's link. If the code contains only the tick of an id, the first id of that tick.
    /// </param>
    bool TryReadId(string code, IdLayout layout, out Tsid id);
}

/// <summary>
/// The part of an id that can be read from a code. Reading needs the layout of the id, and for an opaque code
/// also the secret.
/// </summary>
internal enum EncodedPart
{
    /// <summary>The code contains no part of the id, not even the timestamp.</summary>
    None,

    /// <summary>The code contains only the timestamp of the id, which counts ticks.</summary>
    Tick,

    /// <summary>The code contains the whole id.</summary>
    WholeId,
}
