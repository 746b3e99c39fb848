using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Decides what an error of PostgreSQL or of the driver says about a host, and puts the error into words.
/// </summary>
internal static class HostErrors
{
    /// <summary>
    /// The SQLSTATE classes whose errors mean that the host cannot serve the call: 08 connection, 28
    /// authorization, 3D database name, 53 resources, 57 operator intervention, 58 system error. The class is
    /// the first two characters of the SQLSTATE. Source: PostgreSQL documentation, appendix A.
    /// </summary>
    private static readonly string[] LostClasses = ["08", "28", "3D", "53", "57", "58"];

    /// <summary>
    /// Whether an error means that the host cannot serve the call now. Returns false when the statement
    /// itself is wrong, because a different host would refuse the statement too.
    /// </summary>
    public static bool IsUnavailable(Exception exception) => exception switch
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

    /// <summary>Whether a statement took too long. A slow statement proves nothing about its host.</summary>
    public static bool IsTimeout(Exception exception) => exception
        is TimeoutException
        or NpgsqlException { InnerException: TimeoutException }
        or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled };

    /// <summary>
    /// Whether an error means that the host or the connection to it is lost, or that the host is not the
    /// primary. A timeout does not mean this: the probes decide whether a slow host is lost.
    /// </summary>
    public static bool IsLost(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState
            is PostgresErrorCodes.ReadOnlySqlTransaction or HorizonSchema.NotBeaten
            || postgres.SqlState.StartsWith("08", StringComparison.Ordinal)
            || postgres.SqlState.StartsWith("57P", StringComparison.Ordinal), // the host shuts down or starts
        NpgsqlException or SocketException or IOException => !IsTimeout(exception),
        _ => false,
    };

    /// <summary>
    /// Whether a host can be reached and refuses the connection for a reason that does not pass by itself:
    /// the password, the name of the database, TLS, or a file of the client's certificate is wrong.
    /// </summary>
    public static bool IsRefusal(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState
            is PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidPassword
            or PostgresErrorCodes.InvalidCatalogName,
        NpgsqlException { InnerException: { } inner } => IsRefusal(inner),
        // Npgsql gives no cause when the host does not offer what the connection string requires.
        NpgsqlException or AuthenticationException or CryptographicException => true,
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException => true,
        _ => false,
    };

    /// <summary>
    /// Explains an error to the operator, in the words of PostgreSQL and of the driver. The text can contain
    /// addresses and names of users, so it belongs in the log.
    /// </summary>
    public static string Explain(Exception exception) => exception switch
    {
        PostgresException postgres => $"{postgres.MessageText} (SQLSTATE {postgres.SqlState})",
        OperationCanceledException or TimeoutException => "The host did not answer in time.",
        AuthenticationException { InnerException: { } cause } => $"{TlsFailed} {cause.Message}",
        AuthenticationException => $"{TlsFailed} {exception.Message}",
        NpgsqlException { InnerException: { } inner } => Explain(inner),
        _ => exception.Message,
    };

    private const string TlsFailed =
        "The TLS handshake failed; check that 'Root Certificate' is the authority of the host's certificate, "
        + "and for 'SSL Mode=VerifyFull' that the certificate names the host.";

    /// <summary>
    /// Describes an error by its code only, because Npgsql's message may repeat the connection string.
    /// </summary>
    public static string Describe(Exception exception) => exception switch
    {
        PostgresException postgres => $"PostgreSQL refused the probe with SQLSTATE {postgres.SqlState}.",
        SocketException socket => $"The connection failed: {socket.SocketErrorCode}.",
        OperationCanceledException or TimeoutException => "The host did not answer in time.",
        AuthenticationException => "The TLS handshake failed.",
        { InnerException: { } inner } => Describe(inner),
        NpgsqlException or IOException => "The connection was lost.",
        _ => $"The probe failed with {exception.GetType().Name}.",
    };
}
