using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ICreationStore"/>
/// <remarks>
/// <see cref="PostgresKeyedInserter"/> inserts the links. This class sets the time limit, and translates
/// errors.
/// </remarks>
internal sealed class PostgresCreationStore(PostgresKeyedInserter inserter, TimeProvider time)
    : ICreationStore
{
    /// <inheritdoc/>
    public async Task<AddOnceResult> AddOnceAsync(
        IdempotentRequest request,
        Link link,
        DateTimeOffset tickEnd,
        CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => AddOnceAsync(new(request, new(link, tickEnd)), token), time, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return new AddOnceResult.Tried(AddLinkResult.TooLate);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return new AddOnceResult.Tried(
                exception.ConstraintName == "link_pkey" ? AddLinkResult.IdTaken : AddLinkResult.CodeTaken);
        }
    }

    private async Task<AddOnceResult> AddOnceAsync(KeyedLink call, CancellationToken cancellationToken) =>
        await inserter.Batches.CallAsync(call, cancellationToken)
        ?? await inserter.InsertAloneAsync(call, cancellationToken);
}
