namespace Terse.Visits;

/// <summary>
/// How the server answered a request for a short link. The database stores outcomes by their numbers, so
/// never change a number.
/// </summary>
internal enum RedirectOutcome : byte
{
    /// <summary>
    /// The server redirected the visitor to the link's target. Only these requests count as visits.
    /// </summary>
    Followed = 0,

    /// <summary>No link has the requested code.</summary>
    Unknown = 1,

    /// <summary>
    /// The link has expired. The answer is 410 or a redirect to the expired target; neither is a visit.
    /// </summary>
    Expired = 2,

    Blocked = 3,

    Deleted = 4,

    /// <summary>The link had already reached its maximum number of visits.</summary>
    UsedUp = 5,

    /// <summary>The link is switched off; the answer is the same as for an unknown code.</summary>
    Disabled = 6,

    /// <summary>The link does not work yet.</summary>
    Scheduled = 7,

    /// <summary>The link has a password, and the request did not contain the right one.</summary>
    Locked = 8,
}
