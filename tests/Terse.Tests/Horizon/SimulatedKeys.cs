using Microsoft.Extensions.Options;
using Terse.Keys;

namespace Terse.Tests.Horizon;

/// <summary>One layout of ids, which every simulated server knows.</summary>
internal sealed class SimulatedKeys : IKeyStore
{
    private static readonly KeyLayout Layout = KeyLayout.First(
        new KeyWish(TimeSpan.FromMilliseconds(10), NodeBits: 5, SequenceBits: 7, false, null, null),
        new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly Task<KeyRecord> Record = Task.FromResult(new KeyRecord([Layout], null));

    public static SimulatedKeys Store { get; } = new();

    public static KeyStrategies Strategies { get; } = new(Options.Create(new KeyOptions()));

    /// <summary>An id of the tick of an instant; the number tells it from others of that tick.</summary>
    public static Tsid IdAt(DateTimeOffset instant, int number) =>
        Layout.Ids.Compose(Layout.Ids.TickAt(instant), number % 32, number / 32 % 128);

    public static DateTimeOffset EndOf(Tsid id) => Layout.EndOf(id);

    public static string CodeOf(Tsid id) => Strategies.Chosen.NewCode(id, Layout);

    public Task<KeyRecord> ReadAsync(CancellationToken cancellationToken) => Record;

    public Task<KeyRecord> OpenAsync(KeyWish wish, CancellationToken cancellationToken) => Record;

    public Task<NodeReservation?> TakeAsync(
        string owner, KeyWish wish, TimeSpan length, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<NodeReservation?> ExtendAsync(
        NodeReservation held, DateTimeOffset ownNow, TimeSpan length, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task GiveBackAsync(
        NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
