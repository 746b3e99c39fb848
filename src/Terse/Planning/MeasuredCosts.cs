namespace Terse.Planning;

/// <summary>
/// What the parts of an installation cost, in seconds of one processor core, bytes, or events a second. The
/// figures are those of docs/performance.md, measured on a virtual machine with 2 cores; of two runs the
/// slower one, of three the median. A real machine differs: measure yours with <c>bench/run</c>.
/// </summary>
internal static class MeasuredCosts
{
    private const double Microsecond = 1e-6;

    /// <summary>
    /// A cached redirect with its visit recorded: "CPU time of a cached redirect".
    /// </summary>
    public const double Redirect = 28 * Microsecond;

    /// <summary>
    /// What a redirect costs in addition if the server asks PostgreSQL: half of the time of 2 cores for 6,211
    /// redirects a second at ten million links. The other half is <see cref="LookupOnReplica"/>. Both are too
    /// large, because the client ran on the same cores.
    /// </summary>
    public const double LookupOnServer = 2 / 6211.0 / 2;

    /// <summary>The part of the database; see <see cref="LookupOnServer"/>.</summary>
    public const double LookupOnReplica = 2 / 6211.0 / 2;

    /// <summary>
    /// What a redirect costs in addition if the server asks SQLite: 2 cores for 21,272 a second at ten
    /// million links, less the redirect.
    /// </summary>
    public const double LookupInSqlite = 2 / 21_272.0 - Redirect;

    /// <summary>A creation on the server: "PostgreSQL, by creation and visit".</summary>
    public const double CreationOnServer = 108 * Microsecond;

    /// <summary>A creation on the primary: as above.</summary>
    public const double CreationOnPrimary = 114 * Microsecond;

    /// <summary>A creation on each replica, where one process replays the log: as above.</summary>
    public const double ReplayOfCreation = 6 * Microsecond;

    /// <summary>Counting and storing a visit on the primary: as above.</summary>
    public const double VisitOnPrimary = 68 * Microsecond;

    /// <summary>
    /// The visits a second that one server sent to PostgreSQL: as above. It sends one batch after another.
    /// </summary>
    public const double VisitsOfServer = 14_339;

    /// <summary>A visit on each replica: as above.</summary>
    public const double ReplayOfVisit = 8.8 * Microsecond;

    /// <summary>Counting and storing a visit in SQLite: 70 to 140 µs.</summary>
    public const double VisitInSqlite = 105 * Microsecond;

    /// <summary>"visits/s counted in SQLite after the load", the slowest run.</summary>
    public const double SqliteVisits = 6591;

    /// <summary>Creations a second in SQLite with all indexes for lists, the slower run.</summary>
    public const double SqliteCreations = 10_258;

    /// <summary>A link in PostgreSQL with all indexes, at ten million links.</summary>
    public const double BytesOfLink = 837;

    /// <summary>A link in SQLite with all indexes, at ten million links.</summary>
    public const double SqliteBytesOfLink = 274;

    /// <summary>A stored visit with its share of the counts: "PostgreSQL, by creation and visit".</summary>
    public const double BytesOfVisit = 410;

    /// <summary>
    /// What a redirect sends to the internet. An assumption: about 200 bytes are the response, and most of
    /// the rest are the handshakes of TLS, of which many clients resume a session.
    /// </summary>
    public const double BytesOfRedirect = 1000;
}
