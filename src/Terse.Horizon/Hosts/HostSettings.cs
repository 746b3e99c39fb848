using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// The settings of a host on which the promises of this library depend, as its user sees them. Immutable, and
/// therefore safe for use by any number of threads.
/// </summary>
/// <param name="Version">PostgreSQL's <c>server_version_num</c>, for example 150008.</param>
/// <param name="Encoding">The encoding of the database.</param>
/// <param name="SynchronousCommit">The default of <c>synchronous_commit</c>.</param>
/// <param name="Isolation">The default isolation level of transactions.</param>
/// <param name="ReplicationRole">
/// PostgreSQL's <c>session_replication_role</c>; triggers run only with the value "origin".
/// </param>
/// <param name="Fsync">Whether PostgreSQL writes commits to the disk: "on" or "off".</param>
public sealed record HostSettings(
    int Version,
    string Encoding,
    string SynchronousCommit,
    string Isolation,
    string ReplicationRole,
    string Fsync)
{
    private const int MinVersion = 15;
    private const int MaxTestedVersion = 18;

    internal const string Select =
        """
        SELECT current_setting('server_version_num')::integer, current_setting('server_encoding'),
            current_setting('synchronous_commit'), current_setting('default_transaction_isolation'),
            current_setting('session_replication_role'), current_setting('fsync')
        """;

    /// <summary>
    /// Whether PostgreSQL would acknowledge a commit before the commit is on the disk of the primary, and of
    /// its synchronous replicas.
    /// </summary>
    public bool IsCommitWeak => SynchronousCommit is "off" or "local" or "remote_write";

    /// <summary>
    /// Returns the settings with which the library cannot keep its promises at all, as sentences that say how
    /// to correct them.
    /// </summary>
    public IEnumerable<string> FindErrors()
    {
        if (Version / 10_000 < MinVersion)
        {
            yield return $"It runs PostgreSQL {Version / 10_000}; update it to {MinVersion} to "
                + $"{MaxTestedVersion}.";
        }

        if (Encoding != "UTF8")
        {
            yield return $"The encoding of the database is {Encoding}, which cannot store every text; "
                + "create a database with CREATE DATABASE … ENCODING 'UTF8'.";
        }

        if (ReplicationRole != "origin")
        {
            yield return $"session_replication_role is '{ReplicationRole}', which switches the triggers off; "
                + "run ALTER ROLE … RESET session_replication_role.";
        }
    }

    /// <summary>
    /// Returns the settings that would break a promise if the connections of this library did not replace
    /// them, and settings that break a promise in a disaster, as sentences that say how to correct them.
    /// </summary>
    public IEnumerable<string> FindWarnings()
    {
        if (Version / 10_000 > MaxTestedVersion)
        {
            yield return $"It runs PostgreSQL {Version / 10_000}; versions after {MaxTestedVersion} are not "
                + "tested.";
        }

        if (IsCommitWeak)
        {
            yield return $"synchronous_commit is '{SynchronousCommit}'. It is raised to 'on' for the writes "
                + "of this program; set it to 'on' for everything else.";
        }

        if (Isolation != "read committed")
        {
            yield return $"default_transaction_isolation is '{Isolation}'. This program uses "
                + "'read committed'; any other program that writes to its tables fails.";
        }

        if (Fsync != "on")
            yield return "fsync is 'off'. A power loss can destroy the database; set it to 'on'.";
    }

    internal static HostSettings Read(NpgsqlDataReader row) => new(
        row.GetInt32(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetString(4),
        row.GetString(5));
}
