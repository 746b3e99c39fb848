using Terse.Hosting;
using Terse.Ids;

namespace Terse.Links;

/// <summary>Stores changes that give a link a further code, and mints an id for each new name.</summary>
internal sealed class AliasAdder(IAliasStore store, IdMint mint)
{
    /// <summary>
    /// How many times the store may refuse an id before the change fails, because the id was minted too long
    /// ago or is taken.
    /// </summary>
    private const int MaxTries = 5;

    /// <inheritdoc cref="IAliasStore.AddAliasAsync"/>
    /// <returns>The name was added, or its code is taken.</returns>
    public async Task<AddAliasResult> AddAsync(Link changed, string code, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var (id, layout) = await mint.MintAsync(cancellationToken);
            var result = await store.AddAliasAsync(
                changed, new(id, code, layout.EndOf(id)), cancellationToken);
            if (result.Name is AddLinkResult.Added or AddLinkResult.CodeTaken)
                return result;
            if (result.Name == AddLinkResult.TooLate)
                await mint.SynchronizeClockAsync(cancellationToken);
        }

        throw new StoreUnavailableException("The server is too slow to store the new code; retry shortly.");
    }
}
