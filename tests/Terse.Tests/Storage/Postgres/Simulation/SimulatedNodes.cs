using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Ids;

namespace Terse.Tests.Storage;

/// <summary>A node store with one fixed id layout, which all simulated servers use.</summary>
internal sealed class SimulatedNodes : INodeStore
{
    private static readonly IdLayout Layout = IdLayout.First(
        new DesiredLayout(TimeSpan.FromMilliseconds(10), NodeBits: 5, SequenceBits: 7, false, null, null),
        new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly Task<StoredLayouts> Stored =
        Task.FromResult(new StoredLayouts([Layout], null) { Fingerprint = 1 });

    public static SimulatedNodes Store { get; } = new();

    public static CodeStrategies Strategies { get; } = new(Options.Create(new CodeOptions()));

    /// <summary>
    /// Makes an id with the timestamp of this instant. Different numbers make different ids with the same
    /// timestamp.
    /// </summary>
    public static Tsid IdAt(DateTimeOffset instant, int number) =>
        Layout.Ids.Compose(Layout.Ids.TickAt(instant), number % 32, number / 32 % 128);

    public static DateTimeOffset EndOf(Tsid id) => Layout.EndOf(id);

    public static string CodeOf(Tsid id) => Strategies.Chosen.NewCode(id, Layout);

    public Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken) => Stored;

    public Task<StoredLayouts> EnsureLayoutAsync(
        string owner, DesiredLayout desired, CancellationToken cancellationToken) => Stored;

    public Task<NodeReservation?> ReserveAsync(
        string owner, DesiredLayout desired, TimeSpan length, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<NodeReservation?> ExtendAsync(
        NodeReservation held, DateTimeOffset ownNow, TimeSpan length, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task ReleaseAsync(
        NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
