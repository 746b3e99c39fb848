using Terse.Harness;
using Terse.Ids;

namespace Terse.Tests.Ids;

/// <summary>
/// One random schedule of servers that mint from one database while everything goes wrong: clocks jump and
/// run fast or slow, replies are slow or lost, servers crash, stop, pause and come back. The same seed gives
/// the same schedule.
/// </summary>
internal sealed class MintSimulation
{
    private const int Steps = 60;

    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private readonly Random _random;
    private readonly bool _startsAfterMark;
    private readonly SimulatedMint[] _servers;
    private readonly Dictionary<int, NodeRow> _rows = [];
    private readonly HashSet<ulong> _minted = [];
    private StoredLayouts _record;
    private DateTimeOffset _databaseNow = Start;
    private TimeSpan _passed;

    /// <param name="seed">Which schedule.</param>
    /// <param name="startsAfterMark">False takes out the rule that all uniqueness rests on.</param>
    public MintSimulation(int seed, bool startsAfterMark)
    {
        _random = new Random(seed);
        _startsAfterMark = startsAfterMark;
        _record = StoredLayouts.Empty.Follow(AnyWish(), Start.AddDays(-9));
        _servers = new SimulatedMint[_random.Next(1, 33)];
        for (var index = 0; index < _servers.Length; index++)
            _servers[index] = NewServer();
    }

    /// <summary>Ids that were minted so far.</summary>
    public int Minted => _minted.Count;

    /// <summary>Runs the schedule and says which promise broke, or null when all held.</summary>
    public string? Run()
    {
        for (var step = 0; step < Steps; step++)
        {
            PassTime();
            var index = _random.Next(_servers.Length);
            var broken = _random.Next(21) switch
            {
                0 => Crash(index),
                1 => Stop(index),
                2 => JumpClocks(index),
                3 => ChangeLayout(),
                _ => Mint(_servers[index]),
            };
            if (broken is not null)
                return $"step {step}: {broken}";
        }

        return null;
    }

    private SimulatedMint NewServer()
    {
        var time = new FakeTime(Start);
        var rate = 0.5 + _random.NextDouble();
        return new SimulatedMint(new NodeHolder(time), time, rate, _passed);
    }

    /// <summary>Mostly moments, at times longer than a reservation lasts.</summary>
    private void PassTime()
    {
        var passed = TimeSpan.FromMilliseconds(_random.Next(_random.Next(8) == 0 ? 60_000 : 40));
        _databaseNow += passed;
        _passed += passed;
    }

    private string? JumpClocks(int index)
    {
        var jump = TimeSpan.FromMilliseconds(_random.Next(-5000, 5000)) * (_random.Next(3) == 0 ? 20_000 : 1);
        _servers[index].Time.Now += jump;
        if (_random.Next(2) == 0)
            _databaseNow = _databaseNow + jump > Start.AddDays(-5) ? _databaseNow + jump : _databaseNow;
        return null;
    }

    /// <summary>A server starts with other settings; the layout changes under all that run.</summary>
    private string? ChangeLayout()
    {
        var latest = _rows.Values.Select(row => row.ReservedUntil).Append(_databaseNow).Max();
        var next = _record.Follow(AnyWish(), latest);
        if (next.Layouts.Count > _record.Layouts.Count)
        {
            foreach (var row in _rows.Values.ToList())
                _rows[row.Node] = row.Retire(next.Current);
        }

        _record = next;
        return null;
    }

    private DesiredLayout AnyWish() => new(
        TimeSpan.FromMilliseconds(_random.Next(2) == 0 ? 10 : _random.Next(1, 30)),
        NodeBits: _random.Next(6),
        SequenceBits: _random.Next(1, 4),
        Opaque: false,
        SecretCheck: null,
        Foreign: null);

    private string? Crash(int index)
    {
        _servers[index] = NewServer();
        return null;
    }

    private string? Stop(int index)
    {
        var holder = _servers[index].Holder;
        if (holder.Reservation is { } held && HeldRow(held) is { } row)
            _rows[held.Node] = row.GiveBack(holder.Lose()!.Value);
        return Crash(index);
    }

    private string? Mint(SimulatedMint server)
    {
        server.CatchUp(_passed);
        server.Receive();
        for (var count = _random.Next(1, 12); count > 0; count--)
        {
            var result = server.Holder.TryMint(out var minted);
            var isMinted = result is MintResult.Minted or MintResult.MintedAndNeedsMore;
            if (isMinted && Check(server, minted) is { } broken)
                return broken;
            if (result is not (MintResult.Minted or MintResult.MustWait))
                Ask(server);
        }

        return null;
    }

    private string? Check(SimulatedMint server, MintedId minted)
    {
        var (id, layout) = minted;
        var begin = layout.StartOf(id);
        if (begin < server.Mark)
            return $"id {id} begins at {begin:O}, before the mark {server.Mark:O} that was given away";
        return _minted.Add(id.Value) ? null : $"id {id} was minted twice";
    }

    /// <summary>Asks the database; the request or the reply may be lost, the reply may be slow.</summary>
    private void Ask(SimulatedMint server)
    {
        if (server.IsWaiting || _random.Next(10) == 0)
            return;
        var reply = server.Holder.Reservation is { } held ? Extend(server, held) : Take(server);
        if (_random.Next(10) != 0)
            server.Send(reply, delay: _random.Next(3) == 0 ? _random.Next(6) : 0);
    }

    private Action Extend(SimulatedMint server, NodeReservation held)
    {
        if (HeldRow(held) is not { } row)
            return () => server.Holder.Lose();
        var extended = _rows[held.Node] = row.Extend(_databaseNow, server.Holder.Now!.Value, Length);
        var reply = held with { Epoch = extended.Epoch, Until = extended.ReservedUntil, Now = _databaseNow };
        return () => server.Holder.Extend(reply);
    }

    private Action Take(SimulatedMint server)
    {
        if (NodeRow.PickFree(_rows, _record.Current, _databaseNow) is not { } free)
            return () => { };
        var taken = _rows[free.Node] = free.Take("server", _databaseNow, Length);
        var from = _startsAfterMark ? free.ReservedUntil : _databaseNow;
        var reply = new NodeReservation(
            _record.Current, free.Node, taken.Epoch, from, taken.ReservedUntil, _databaseNow);
        return () =>
        {
            server.Mark = free.ReservedUntil;
            server.Holder.Take(reply);
        };
    }

    private NodeRow? HeldRow(NodeReservation held) =>
        _rows.TryGetValue(held.Node, out var row) && row.Epoch == held.Epoch ? row : null;
}
