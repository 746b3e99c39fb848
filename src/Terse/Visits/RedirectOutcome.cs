namespace Terse.Visits;

/// <summary>How a request for a code was answered. The numbers are stored; never change them.</summary>
internal enum RedirectOutcome : byte
{
    /// <summary>With a redirect to the link's target. Only this outcome is a visit.</summary>
    Followed = 0,

    /// <summary>No link has the code.</summary>
    Unknown = 1,

    Expired = 2,

    Blocked = 3,

    Deleted = 4,

    /// <summary>The link's maximum number of visits was reached.</summary>
    UsedUp = 5,
}
