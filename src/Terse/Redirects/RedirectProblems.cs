using System.Globalization;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>Creates the error responses of requests for a code.</summary>
internal static class RedirectProblems
{
    /// <summary>
    /// Refuses a prefetch or a prerender. The browser discards the response, and sends the request again when
    /// the person follows the link.
    /// </summary>
    public static Problem OfPrefetch() => Problem.Of(
        ProblemType.PrefetchRefused,
        "The link has a limited number of visits or a password, so browsers cannot prefetch it.");

    /// <summary>Asks a program for the password of a link.</summary>
    public static Problem OfPassword(AdmissionKind kind) => kind == AdmissionKind.NoPassword
        ? Problem.Of(
            ProblemType.PasswordRequired,
            "The link needs a password; send it with HTTP Basic authentication, with any user name.",
            "Authorization")
        : Problem.Of(ProblemType.PasswordWrong, "The password is wrong.", "Authorization");

    public static Problem OfTries() => Problem.Of(
        ProblemType.TooManyTries,
        "Too many passwords were tried for this link within a minute; wait, then retry.");

    public static Problem OfReports() => Problem.Of(
        ProblemType.TooManyReports, "Too many reports came from your address; wait, then retry.");

    /// <param name="outcome">Why the request is not redirected.</param>
    /// <param name="link">The requested link; null if there is none.</param>
    public static Problem Of(RedirectOutcome outcome, CachedLink? link) => outcome switch
    {
        RedirectOutcome.Unknown or RedirectOutcome.Disabled => Problem.Of(
            ProblemType.LinkNotFound, "This short URL leads nowhere; check its code and path."),
        RedirectOutcome.Scheduled => Problem.Of(
            ProblemType.LinkScheduled, ExplainStart(link!.Conditional!.Settings.ValidFrom)),
        RedirectOutcome.Expired => Problem.Of(ProblemType.LinkExpired, "The link has expired."),
        RedirectOutcome.Deleted => Problem.Of(ProblemType.LinkDeleted, "The link was deleted."),
        RedirectOutcome.UsedUp => Problem.Of(
            ProblemType.LinkUsedUp, "The link had a limited number of visits, and all of them are used."),
        RedirectOutcome.Blocked => Problem.Of(
            ProblemType.LinkBlocked,
            "The link leads to a host that is blocked on this server, because it can be dangerous. If you "
            + "think that the host is blocked by mistake, tell the operator of this server."),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "This outcome is no error."),
    };

    private static string ExplainStart(DateTimeOffset? start) => string.Create(
        CultureInfo.InvariantCulture, $"The link starts to work on {start:yyyy-MM-dd' at 'HH:mm:ss} UTC.");
}
