using System.Net.Sockets;
using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// No host can serve the call at present: no suitable host is reachable, or the connection was lost. After a
/// write whose connection was lost, it is unknown whether the write was committed.
/// </summary>
public sealed class HostUnavailableException : Exception
{
    /// <summary>
    /// Classes of SQLSTATE that mean a lost host: 08 connection, 28 authorization, 3D database name, 53
    /// resources, 57 operator intervention, 58 system error. Source: PostgreSQL documentation, appendix A.
    /// </summary>
    private static readonly string[] LostClasses = ["08", "28", "3D", "53", "57", "58"];

    /// <summary>Creates an exception without a message.</summary>
    public HostUnavailableException()
    {
    }

    /// <summary>Creates an exception that names the host and the reason.</summary>
    public HostUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception that names the host and the reason.</summary>
    public HostUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal static HostUnavailableException From(string host, Exception exception) =>
        new($"Host {host}: {exception.Message}", exception);

    /// <summary>Whether an error means that the host is lost, and not that the statement is wrong.</summary>
    internal static bool IsCausedBy(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState
            is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or HorizonSchema.NotBeaten
            or "25P03" // idle_in_transaction_session_timeout
            || LostClasses.Any(prefix => postgres.SqlState.StartsWith(prefix, StringComparison.Ordinal)),
        NpgsqlException or SocketException or TimeoutException or IOException => true,
        _ => false,
    };

    /// <summary>
    /// Describes an error by its code alone: the driver's message may repeat the connection string.
    /// </summary>
    internal static string Describe(Exception exception) => exception switch
    {
        PostgresException postgres => $"PostgreSQL refused the probe with SQLSTATE {postgres.SqlState}.",
        SocketException socket => $"The connection failed: {socket.SocketErrorCode}.",
        OperationCanceledException or TimeoutException => "The host did not answer in time.",
        { InnerException: { } inner } => Describe(inner),
        NpgsqlException or IOException => "The connection was lost.",
        _ => $"The probe failed with {exception.GetType().Name}.",
    };
}
