using Microsoft.Extensions.Logging.Abstractions;
using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>The drain of a folder, as a server with a node has it.</summary>
internal sealed class VisitDrainOf(VisitFolder visits, VisitRun? run)
{
    public VisitDrain Drain { get; } = new(
        visits.Ring,
        visits.Spool,
        new VisitClassifier(),
        () => run,
        TimeProvider.System,
        NullLogger<VisitDrain>.Instance);

    public static VisitNote NoteOf(long link) => new()
    {
        Kind = RedirectOutcome.Followed,
        Link = link,
        At = 1_700_000_000_000 + link,
        UserAgent = "agent",
        IsPrivate = link % 3 == 0,
    };

    /// <summary>What becomes of <see cref="NoteOf"/>, where it is private.</summary>
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
