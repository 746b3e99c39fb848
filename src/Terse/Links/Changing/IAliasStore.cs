using System.Runtime.InteropServices;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Stores changes that give a link a further code. Implementations are safe for use by any number of threads.
/// </summary>
internal interface IAliasStore
{
    /// <summary>
    /// Stores the next version of a link together with a name that the link does not have yet: both, or
    /// neither. If both are stored, they are on disk, and every <see cref="ILinkReader.FindAsync"/> that
    /// starts later, on any server, finds the link by this name.
    /// </summary>
    /// <param name="changed">
    /// The next version of the link, as in <see cref="ILinkStore.ReplaceAsync"/>. Its
    /// <see cref="Link.LaterCodes"/> contain the new code.
    /// </param>
    /// <param name="name">The new name.</param>
    /// <param name="cancellationToken">Cancels the wait; the change may still be stored.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether the change was stored.</exception>
    Task<AddAliasResult> AddAliasAsync(Link changed, NewAlias name, CancellationToken cancellationToken);
}

/// <summary>
/// A new name of a link. It is stored like a new link: with an id, and protected by the horizon.
/// </summary>
/// <param name="Id">A newly minted id; only the store uses it.</param>
/// <param name="Code">The code of the new name.</param>
/// <param name="TickEnd">As in <see cref="ILinkStore.AddAsync"/>.</param>
internal sealed record NewAlias(Tsid Id, string Code, DateTimeOffset TickEnd);

/// <param name="Name">Whether the name was added, or why not.</param>
/// <param name="WrittenAt">
/// When the change was written; null if the store does not contain the previous version of the link, or if
/// the name was not added.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AddAliasResult(AddLinkResult Name, DateTimeOffset? WrittenAt);
