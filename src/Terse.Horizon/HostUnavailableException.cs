using System.Net.Sockets;
using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// No host can do what was asked for, for now: none is reachable, or the one that was asked broke off. After
/// a write that broke off it is unknown whether it was committed.
/// </summary>
public sealed class HostUnavailableException : Exception
{
    /// <summary>
    /// Connections, authorization, database, resources, an operator's intervention, the system's errors.
    /// </summary>
    private static readonly string[] LostClasses = ["08", "28", "3D", "53", "57", "58"];

    /// <summary>Creates one without a message.</summary>
    public HostUnavailableException()
    {
    }

    /// <summary>Creates one that says which host, and why.</summary>
    public HostUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates one that says which host, and why.</summary>
    public HostUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal static HostUnavailableException Of(string host, Exception exception) =>
        new($"Host {host}: {exception.Message}", exception);

    /// <summary>Whether an error means that the host is lost, and not that the statement is wrong.</summary>
    internal static bool IsMeantBy(Exception exception) => exception switch
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
    /// What an error says by its code alone: a driver's message may repeat what it was given to connect by.
    /// </summary>
    internal static string Describe(Exception exception) => exception switch
    {
        PostgresException postgres => $"PostgreSQL refuses with {postgres.SqlState}.",
        SocketException socket => $"It cannot be connected to: {socket.SocketErrorCode}.",
        OperationCanceledException or TimeoutException => "It does not answer in time.",
        { InnerException: { } inner } => Describe(inner),
        NpgsqlException or IOException => "The connection broke off.",
        _ => $"The look at it failed with {exception.GetType().Name}.",
    };
}
