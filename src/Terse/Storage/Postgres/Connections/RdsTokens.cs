using Amazon.Runtime;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Makes the tokens with which a server logs in to a host of Amazon RDS or Aurora in place of a password. A
/// token opens connections for 15 minutes; an open connection needs no new one. Safe for use by any number of
/// threads. Source: "IAM database authentication" in the Amazon RDS User Guide.
/// </summary>
/// <param name="host">The name of the host, as RDS gives it.</param>
/// <param name="port">The port of the host.</param>
/// <param name="user">The user of the database.</param>
/// <param name="region">The region of the host.</param>
/// <param name="findCredentials">Finds the credentials of AWS that sign the token.</param>
/// <param name="time">The clock.</param>
internal sealed class RdsTokens(
    string host,
    int port,
    string user,
    string region,
    Func<CancellationToken, Task<ImmutableCredentials>> findCredentials,
    TimeProvider time)
{
    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(15);

    /// <summary>
    /// After this time, the next connection gets a new token. The credentials of an instance are renewed some
    /// minutes before they expire, and a token ends with the credentials that signed it; so it must not be
    /// much longer.
    /// </summary>
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a token is used while there are no credentials for a new one: a minute less than it is valid,
    /// because the clock of the host may be ahead.
    /// </summary>
    private static readonly TimeSpan UseFor = TimeSpan.FromMinutes(14);

    private volatile Token? _last;

    /// <summary>Returns a token that is valid now.</summary>
    /// <exception cref="SourceUnavailableException">There are no credentials.</exception>
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var last = _last;
        if (last is not null && last.IsYounger(RenewAfter, now))
            return last.Text;
        try
        {
            var credentials = await ObjectStoreCall.RunAsync(
                "The identity of AWS",
                findCredentials,
                exception => exception is AmazonServiceException or AmazonClientException,
                time,
                cancellationToken);
            return (_last = new(Sign(credentials, now), now)).Text;
        }
        catch (SourceUnavailableException) when (last?.IsYounger(UseFor, now) == true)
        {
            return last.Text;
        }
    }

    private string Sign(ImmutableCredentials credentials, DateTimeOffset now) => AwsRequestSigner.Presign(
        $"{host}:{port}", [("Action", "connect"), ("DBUser", user)], Validity, "rds-db", region, credentials,
        now);

    private sealed record Token(string Text, DateTimeOffset SignedAt)
    {
        /// <remarks>A clock that was set back makes no token younger than it is.</remarks>
        public bool IsYounger(TimeSpan age, DateTimeOffset now) => now >= SignedAt && now - SignedAt < age;
    }
}
