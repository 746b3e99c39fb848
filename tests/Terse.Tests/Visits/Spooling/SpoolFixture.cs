using Terse.Harness;
using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>A folder with a spool, and functions that write and read the spool.</summary>
public abstract class SpoolFixture : IDisposable
{
    private protected const long MaxBytes = 1 << 20;
    private protected const long RingId = 7;

    private protected static readonly VisitRun Run = new(3, 11);

    private protected TemporaryFolder Folder { get; } = new();

    private protected KeptLog Log { get; } = new();

    private protected string[] Files => Directory.GetFiles(Folder.Path, "*.spool");

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        Folder.Dispose();
        Log.Dispose();
    }

    private protected VisitSpool OpenSpool() =>
        new(Folder.Path, MaxBytes, NoDisk.Instance, new DamagedVisits(Folder.Path, Log));

    /// <summary>
    /// Appends batches of 1, 3 and 1 visits, and returns where each batch ends in the file.
    /// </summary>
    private protected List<long> AppendThree()
    {
        var ends = new List<long>();
        using var spool = OpenSpool();
        AppendThree(spool, ends);
        return ends;
    }

    private protected void AppendThree(VisitSpool spool, List<long> ends)
    {
        var end = 0;
        foreach (var visits in new[] { 1, 3, 1 })
        {
            end += visits;
            spool.TryAppend(Run, RingId, end, [.. Enumerable.Range(end, visits).Select(VisitOf)]);
            ends.Add(new FileInfo(Files.Single()).Length);
        }
    }

    private protected static void AssertSentExceptSecond(VisitSpool spool)
    {
        Assert.Equal([1, 3], SendAll(spool));
        Assert.Equal(0, spool.Waiting);
    }

    private protected static List<long> SendAll(VisitSpool spool)
    {
        var sent = new List<long>();
        for (; spool.Peek() is { } batch; spool.Acknowledge())
            sent.Add(batch.Number);
        return sent;
    }

    private protected static Visit VisitOf(int link) => new(
        Tsid.FromInt64(Math.Abs(link)),
        DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(link),
        RedirectOutcome.Followed,
        IsBot: false,
        Country: "",
        Referrer: "",
        Browser: "",
        Os: "",
        Device: "");
}
