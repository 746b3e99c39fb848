using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>
/// Creates the spooler of a visit folder. <paramref name="run"/> is null for a server that has reserved no
/// node.
/// </summary>
internal sealed class SpoolerHarness(VisitFolder visits, VisitRun? run)
{
    public VisitSpooler Spooler { get; } = new(
        visits.Ring,
        visits.Spool,
        new VisitClassifier(),
        () => run,
        TimeProvider.System,
        NullLogger<VisitSpooler>.Instance);

    /// <summary>Opens a folder of visits, by default without making its files durable.</summary>
    public static VisitFolder OpenFolder(
        string folder, int ringSlots, long spoolBytes, ILogger? logger = null, IVisitDisk? disk = null) =>
        new(folder, ringSlots, spoolBytes, logger ?? NullLogger.Instance, disk ?? NoDisk.Instance);

    public static VisitInput InputOf(long link) => new()
    {
        Outcome = RedirectOutcome.Followed,
        Link = link,
        At = 1_700_000_000_000 + link,
        UserAgent = "agent",
        IsPrivate = link % 3 == 0,
    };

    /// <summary>
    /// Returns the visit that the spooler stores for the private input <c>InputOf(link)</c>. A private visit
    /// has no country, referrer, browser and device.
    /// </summary>
    public static Visit VisitOf(int link) => new(
        Tsid.FromInt64(link),
        DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + link),
        RedirectOutcome.Followed,
        IsBot: false,
        Country: "",
        Referrer: "",
        Browser: "",
        Os: "",
        Device: "");
}

/// <summary>A disk that stores nothing. Most tests do not lose power.</summary>
internal sealed class NoDisk : IVisitDisk
{
    public static NoDisk Instance { get; } = new();

    public void Sync(string path)
    {
    }
}
