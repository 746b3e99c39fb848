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

    public static VisitInput InputOf(long link) => new()
    {
        Outcome = RedirectOutcome.Followed,
        Link = link,
        At = 1_700_000_000_000 + link,
        UserAgent = "agent",
        IsPrivate = link % 3 == 0,
    };

    /// <summary>
    /// The visit that the spooler stores for the result of <see cref="InputOf"/> with the same number, if
    /// this input is private: without country, referrer, browser and device.
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
