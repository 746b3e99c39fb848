using Terse.Harness;
using Terse.Hosting;
using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>
/// Simulates a server that records visits, writes batches to disk and sends them to a database. The server is
/// killed at random points and starts again on the same files. The database fails or loses responses. At the
/// end, each recorded visit must be counted exactly once. If the machine also loses power, visits can be
/// lost, but no visit may be counted twice.
/// </summary>
internal sealed class VisitSimulation : IDisposable
{
    private const int Slots = 64;
    private const long MaxBytes = 1 << 20;
    private const int Steps = 150;

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random;
    private readonly bool _forgetsRingPosition;
    private readonly bool _losesPower;
    private readonly SimulatedDisk _disk;
    private readonly CountingStore _store;
    private VisitFolder _visits;
    private SpoolerHarness _spooler;
    private string _at;
    private int _life;
    private bool _isFaulty = true;

    /// <param name="seed">The seed of the random numbers. The same seed always gives the same run.</param>
    /// <param name="forgetsRingPosition">
    /// Whether each kill changes the id of the ring buffer. If true, a server cannot use the ring position
    /// that the last batch recorded, and counts visits twice. The simulation must detect this fault.
    /// </param>
    /// <param name="losesPower">Whether the machine also loses power at random points.</param>
    /// <param name="forgetsBatches">
    /// Whether the disk does not store batches before they are sent. The simulation must detect this fault.
    /// </param>
    public VisitSimulation(
        int seed, bool forgetsRingPosition = false, bool losesPower = false, bool forgetsBatches = false)
    {
        _losesPower = losesPower;
        _random = new Random(seed);
        _forgetsRingPosition = forgetsRingPosition;
        _disk = new SimulatedDisk(_random, forgetsBatches);
        _store = new CountingStore { Fault = _ => NextFault() };
        (_visits, _spooler, _at) = Start(_folder["0"]);
    }

    public long Recorded { get; private set; }

    public long Lost { get; private set; }

    public int Kills { get; private set; }

    public int PowerLosses { get; private set; }

    /// <summary>How many recorded visits were never counted. Only power losses lose visits.</summary>
    public long Uncounted => Recorded - _store.Counts.Count;

    public async Task<string?> RunAsync()
    {
        for (var step = 0; step < Steps; step++)
            await StepAsync();
        _isFaulty = false;
        Restart(_at);
        _spooler.Spooler.SpoolAll();
        while (_visits.Spool.Waiting > 0)
            await SendAsync();

        for (var link = 1L; link <= Recorded; link++)
        {
            var count = _store.Counts.GetValueOrDefault(link);
            if (count != 1 && (count > 1 || PowerLosses == 0))
                return $"visit {link} of {Recorded} counted {count} times";
        }

        return _store.Counts.Keys.All(link => link <= Recorded)
            ? null
            : "a visit was counted that was not recorded";
    }

    public void Dispose()
    {
        _visits.Dispose();
        _folder.Dispose();
    }

    private async Task StepAsync()
    {
        if (_losesPower && _random.Next(4) == 0)
            _disk.KeepRing(_at);
        switch (_random.Next(20))
        {
            case < 8:
                Record(_random.Next(1, 30));
                break;
            case < 12:
                _spooler.Spooler.SpoolAll();
                break;
            case < 17:
                await SendAsync();
                break;
            case 17:
                Kill(isTorn: false);
                break;
            case 18 when _losesPower:
                LosePower();
                break;
            case 18:
                Kill(isTorn: true);
                break;
            default:
                Restart(_at);
                break;
        }
    }

    private void Record(int visits)
    {
        for (var visit = 0; visit < visits; visit++)
        {
            if (_visits.Ring.TryWrite(SpoolerHarness.InputOf(Recorded + 1)))
                Recorded++;
            else
                Lost++;
        }
    }

    private async Task SendAsync()
    {
        if (_visits.Spool.Peek() is not { } batch)
            return;
        try
        {
            await _store.AddAsync(batch, default);
            _visits.Spool.Acknowledge();
        }
        catch (StoreUnavailableException)
        {
            // The batch stays on disk and is sent again later.
        }
    }

    private StoreFault NextFault() => _isFaulty ? (StoreFault)_random.Next(3) : StoreFault.None;

    /// <summary>
    /// Replaces the server by a new server that starts on a copy of the files, in a state that a kill could
    /// leave. In the copy, the slots of the ring buffer may already be released or not. The batch files are
    /// truncated only if the slots are not released, because a server releases the slots after it has written
    /// the batch completely.
    /// </summary>
    private void Kill(bool isTorn)
    {
        Kills++;
        var next = _folder[$"{++_life}"];
        Directory.CreateDirectory(next);
        var ring = File.ReadAllBytes(Path.Combine(_at, "visits.ring"));
        var before = Lengths();
        _spooler.Spooler.SpoolAll();
        if (_random.Next(3) == 0)
            ring = File.ReadAllBytes(Path.Combine(_at, "visits.ring"));
        else if (isTorn || _forgetsRingPosition)
            Tear(before);
        _visits.Dispose();
        foreach (var file in Directory.GetFiles(_at, "*.spool"))
            File.Copy(file, Path.Combine(next, Path.GetFileName(file)));
        File.WriteAllBytes(
            Path.Combine(next, "visits.ring"), _forgetsRingPosition ? WithOtherId(ring) : ring);
        (_visits, _spooler, _at) = Start(next);
    }

    private void LosePower()
    {
        PowerLosses++;
        var next = _folder[$"{++_life}"];
        Directory.CreateDirectory(next);
        _disk.LosePower(_at, next);
        _visits.Dispose();
        (_visits, _spooler, _at) = Start(next);
    }

    private Dictionary<string, long> Lengths() => Directory.GetFiles(_at, "*.spool")
        .ToDictionary(file => file, file => new FileInfo(file).Length, StringComparer.Ordinal);

    /// <summary>
    /// Truncates each batch file to a random length between the length in <paramref name="before"/> and the
    /// current length.
    /// </summary>
    private void Tear(Dictionary<string, long> before)
    {
        foreach (var file in Directory.GetFiles(_at, "*.spool"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            var from = before.GetValueOrDefault(file);
            if (stream.Length > from && !_forgetsRingPosition)
                stream.SetLength(_random.NextInt64(from, stream.Length + 1));
        }
    }

    private static byte[] WithOtherId(byte[] ring)
    {
        ring[16] ^= 1;
        return ring;
    }

    private void Restart(string folder)
    {
        _visits.Dispose();
        (_visits, _spooler, _at) = Start(folder);
    }

    private (VisitFolder Visits, SpoolerHarness Spooler, string At) Start(string folder)
    {
        var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes, disk: _disk);
        return (visits, new SpoolerHarness(visits, new VisitRun(0, ++_life)), folder);
    }
}
