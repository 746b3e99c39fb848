using Npgsql;
using Terse.Horizon;
using Terse.Hosting;
using ConnectionLimits = Terse.Horizon.ConnectionLimits;

namespace Terse.Storage.Postgres;

/// <summary>
/// Connects to the hosts that <see cref="DatabaseOptions"/> name, with the login that they need.
/// </summary>
internal static class DatabaseConnections
{
    /// <summary>Creates the cluster. Opens no connection.</summary>
    public static Cluster Create(DatabaseOptions options, TimeProvider time)
    {
        var password = options.PasswordFile is { } file ? File.ReadLines(file).FirstOrDefault() : null;
        var usesTokens = options.UsesTokens;
        var hosts = options.Hosts.Select((text, index) =>
        {
            var host = WithLogin(text, password);
            var pooler = options.Poolers.ElementAtOrDefault(index) is { Length: > 0 } address
                ? WithLogin(address, password)
                : null;
            return new HostAddress($"{host.Host}:{host.Port}", host.ConnectionString)
            {
                PoolerConnectionString = pooler?.ConnectionString,
                Password = usesTokens ? TokensFor(host, time) : null,
                PoolerPassword = usesTokens && pooler is not null ? TokensFor(pooler, time) : null,
            };
        });
        return new Cluster(
            new ClusterOptions
            {
                Hosts = [.. hosts],
                PreparedStatements = options.PreparedStatements,
                Connections = ConnectionLimits.For(options.MaxConnections),
            },
            time);
    }

    private static NpgsqlConnectionStringBuilder WithLogin(string connectionString, string? password)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "terse" };
        if (password is not null)
            builder.Password = password;
        return builder;
    }

    private static PasswordProvider TokensFor(NpgsqlConnectionStringBuilder host, TimeProvider time) =>
        new RdsTokens(
            host.Host!,
            host.Port,
            host.Username!,
            RdsHost.FindRegion(host.Host!, Environment.GetEnvironmentVariable)!,
            _ => AwsCredentials.FindAsync(),
            time)
        .GetAsync;
}
