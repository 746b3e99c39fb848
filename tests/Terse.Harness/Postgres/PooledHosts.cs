using System.Globalization;

namespace Terse.Harness;

/// <summary>One <see cref="PgBouncer"/> in front of each host of a cluster.</summary>
internal sealed class PooledHosts : IAsyncDisposable
{
    private PooledHosts(IReadOnlyList<PgBouncer> poolers) => Poolers = poolers;

    /// <summary>The poolers, in the order of <see cref="PostgresCluster.Servers"/> at the start.</summary>
    public IReadOnlyList<PgBouncer> Poolers { get; }

    /// <summary>The command-line options for a Terse server that uses these poolers.</summary>
    public string[] Settings =>
    [
        .. Poolers.SelectMany((pooler, index) => new[]
        {
            string.Create(CultureInfo.InvariantCulture, $"--Database:Poolers:{index}"),
            pooler.ConnectionString,
        }),
    ];

    public static async Task<PooledHosts> StartAsync(PostgresCluster postgres) =>
        new(await Cleanup.StartAllAsync(postgres.Servers.Select(PgBouncer.StartAsync)));

    public async ValueTask DisposeAsync() => await Cleanup.DisposeAllAsync(Poolers);
}
