using Microsoft.Extensions.Logging.Abstractions;
using Terse.Hosting;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>A store of salts in memory, which several servers can share.</summary>
internal sealed class TestSalts(TimeProvider time) : IVisitorSaltStore
{
    private readonly Dictionary<int, byte[]> _salts = [];

    public bool IsLost { get; set; }

    public int Calls { get; private set; }

    /// <summary>Creates the salts of a server that cannot read the shared ones.</summary>
    public static VisitorSalts New() => NewServer(new TestSalts(TimeProvider.System), TimeProvider.System);

    public static VisitorSalts NewServer(IVisitorSaltStore store, TimeProvider time) =>
        new(store, time, NullLogger<VisitorSalts>.Instance);

    public Task<IReadOnlyList<DailySalt>> ShareAsync(
        byte[] today, byte[] tomorrow, CancellationToken cancellationToken)
    {
        Calls++;
        if (IsLost)
            throw new StoreUnavailableException("The database is lost.");
        var day = DailySalt.DayOf(time.GetUtcNow());
        _salts.TryAdd(day, today);
        _salts.TryAdd(day + 1, tomorrow);
        return Task.FromResult<IReadOnlyList<DailySalt>>(
            [new(day, _salts[day]), new(day + 1, _salts[day + 1])]);
    }
}
