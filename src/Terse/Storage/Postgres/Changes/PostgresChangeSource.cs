using Terse.Access;
using Terse.Domains;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IChangeSource"/>
/// <remarks>
/// The database trigger <c>link_changed</c> sends the notifications, and
/// <see cref="PostgresListener.TryParse"/> parses their payload.
/// </remarks>
internal sealed class PostgresChangeSource(
    Cluster cluster, DomainLoader domains, KeyLoader keys, BlockLoader blocks, TimeProvider time)
    : IChangeSource
{
    /// <summary>What to read again after a notification, by the channels that triggers notify.</summary>
    private readonly Dictionary<string, Action> _onChannel = new(StringComparer.Ordinal)
    {
        ["domain_change"] = domains.OnChanged,
        ["key_change"] = keys.OnChanged,
        ["block_change"] = blocks.OnChanged,
    };

    /// <inheritdoc/>
    public int Generation => cluster.Primary.Generation;

    /// <inheritdoc/>
    public Moment CompleteOnAllHosts => cluster.Hosts.Min(host => CompleteUpTo(host.State));

    /// <inheritdoc/>
    public async Task<IChangeConnection> ListenAsync(
        Action<ChangeNotice> onNotification, CancellationToken cancellationToken)
    {
        var connection = await cluster.OpenPrimaryAsync(cancellationToken);
        try
        {
            return await PostgresListener.ListenAsync(
                connection, onNotification, _onChannel, cluster, time, cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private Moment CompleteUpTo(HostState host) =>
        new(cluster.Primary.GenerationOf(host.Identity), host.Horizon);
}
