using Terse.Harness;
using Terse.Ids;

namespace Terse.Tests.Ids;

/// <summary>
/// Simulates servers that mint ids with one database, in a random schedule of steps and faults: clocks jump
/// and run too fast or too slowly, replies are slow or lost, and servers crash, stop, pause and restart. The
/// same seed always gives the same schedule.
/// </summary>
internal sealed class MintSimulation
{
    private const int Steps = 60;

    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private readonly Random _random;
    private readonly bool _startsAfterReservedUntil;
    private readonly SimulatedMintServer[] _servers;
    private readonly Dictionary<int, NodeRow> _rows = [];
    private readonly HashSet<ulong> _minted = [];
    private StoredLayouts _stored;
    private DateTimeOffset _databaseNow = Start;
    private TimeSpan _passed;

    /// <param name="seed">The seed of the random numbers. The seed determines the whole schedule.</param>
    /// <param name="startsAfterReservedUntil">
    /// Whether a new reservation of a node starts only after the node's earlier reservations have ended.
    /// False breaks the rule that makes ids unique; the simulation must then find an id that was minted
    /// twice.
    /// </param>
    public MintSimulation(int seed, bool startsAfterReservedUntil)
    {
        _random = new Random(seed);
        _startsAfterReservedUntil = startsAfterReservedUntil;
        _stored = StoredLayouts.Empty.Apply(RandomLayout(), Start.AddDays(-9));
        _servers = new SimulatedMintServer[_random.Next(1, 33)];
        for (var index = 0; index < _servers.Length; index++)
            _servers[index] = NewServer();
    }

    /// <summary>The number of ids that all servers have minted so far.</summary>
    public int Minted => _minted.Count;

    /// <summary>
    /// Runs the schedule. Returns what went wrong, such as an id that was minted twice; null if nothing went
    /// wrong.
    /// </summary>
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

    private SimulatedMintServer NewServer()
    {
        var time = new FakeTime(Start);
        var rate = 0.5 + _random.NextDouble();
        return new SimulatedMintServer(new ReservedNode(time), time, rate, _passed);
    }

    /// <summary>
    /// Advances the time, mostly by a few milliseconds and sometimes by more than the length of a
    /// reservation.
    /// </summary>
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

    /// <summary>
    /// Simulates the start of a server with different id settings. Such a start changes the id layout of all
    /// running servers.
    /// </summary>
    private string? ChangeLayout()
    {
        var latest = _rows.Values.Select(row => row.ReservedUntil).Append(_databaseNow).Max();
        var next = _stored.Apply(RandomLayout(), latest);
        if (next.Layouts.Count > _stored.Layouts.Count)
        {
            foreach (var row in _rows.Values.ToList())
                _rows[row.Node] = row.Retire(next.Current);
        }

        _stored = next;
        return null;
    }

    private DesiredLayout RandomLayout() => new(
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
        var node = _servers[index].Node;
        if (node.Reservation is { } held && HeldRow(held) is { } row)
            _rows[held.Node] = row.Release(node.Stop()!.Value);
        return Crash(index);
    }

    private string? Mint(SimulatedMintServer server)
    {
        server.AdvanceTo(_passed);
        server.Receive();
        for (var count = _random.Next(1, 12); count > 0; count--)
        {
            var result = server.Node.TryMint(out var minted);
            var isMinted = result is MintResult.Minted or MintResult.MintedAndRenewalDue;
            if (isMinted && Check(server, minted) is { } broken)
                return broken;
            if (result is not (MintResult.Minted or MintResult.WaitForNextTick))
                SendRequest(server);
        }

        return null;
    }

    private string? Check(SimulatedMintServer server, MintedId minted)
    {
        var (id, layout) = minted;
        var begin = layout.StartOf(id);
        if (begin < server.From)
            return $"id {id} begins at {begin:O}, before its reservation at {server.From:O}";
        return _minted.Add(id.Value) ? null : $"id {id} was minted twice";
    }

    /// <summary>
    /// Sends a request to the database. The request or the reply may be lost, and the reply may arrive late.
    /// </summary>
    private void SendRequest(SimulatedMintServer server)
    {
        if (server.IsWaiting || _random.Next(10) == 0)
            return;
        var reply = server.Node.Reservation is { } held ? Extend(server, held) : Reserve(server);
        if (_random.Next(10) != 0)
            server.Send(reply, delay: _random.Next(3) == 0 ? _random.Next(6) : 0);
    }

    private Action Extend(SimulatedMintServer server, NodeReservation held)
    {
        if (HeldRow(held) is not { } row)
            return () => server.Node.Stop();
        var extended = _rows[held.Node] = row.Extend(_databaseNow, server.Node.Now!.Value, Length);
        var reply = held with { Epoch = extended.Epoch, Until = extended.ReservedUntil, Now = _databaseNow };
        return () => server.Node.Extend(reply);
    }

    private Action Reserve(SimulatedMintServer server)
    {
        if (NodeRow.PickFree(_rows, _stored.Current, _databaseNow) is not { } free)
            return () => { };
        var reserved = _rows[free.Node] = free.Reserve("server", _databaseNow, Length);
        var from = _startsAfterReservedUntil ? free.ReservedUntil : _databaseNow;
        var reply = new NodeReservation(
            _stored.Current, free.Node, reserved.Epoch, from, reserved.ReservedUntil, _databaseNow);
        return () =>
        {
            server.From = free.ReservedUntil;
            server.Node.Start(reply);
        };
    }

    private NodeRow? HeldRow(NodeReservation held) =>
        _rows.TryGetValue(held.Node, out var row) && row.Epoch == held.Epoch ? row : null;
}
