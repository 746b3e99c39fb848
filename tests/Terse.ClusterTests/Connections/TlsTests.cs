using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests with a PostgreSQL server that refuses connections without TLS.</summary>
public sealed partial class TlsTests(TlsHost host) : IClassFixture<TlsHost>
{
    [Theory]
    [InlineData("Allow")]
    [InlineData("Prefer")]
    [InlineData("Require")]
    [InlineData("Require;Channel Binding=Require")]
    [InlineData("VerifyCA;Root Certificate={authority}")]
    [InlineData("VerifyFull;Root Certificate={authority}")]
    [InlineData("VerifyFull;Root Certificate={authority};SSL Certificate={client};{key}")]
    public async Task A_server_works_with_every_SSL_mode_on_a_database_that_refuses_plain_text(string mode)
    {
        await using var server = await TerseProcess.ServeAsync(
            [HostWith(mode)], "--Database:PasswordFile", host.Folder["password"]);
        var code = await server.CreateCodeAsync("https://example.com/tls");

        Assert.Equal("https://example.com/tls", await server.FollowAsync(code!));
        Assert.Equal(0, await CountConnectionsAsync(isEncrypted: false));
        Assert.InRange(await CountConnectionsAsync(isEncrypted: true), 1, 12);
    }

    [Theory]
    [InlineData("Disable", "password", "no encryption")]
    [InlineData("VerifyCA;Root Certificate={other}", "password", "TLS handshake failed")]
    [InlineData("VerifyFull;Root Certificate={authority};Host=127.0.0.1", "password", "names the host")]
    [InlineData("Require", "wrong", "password authentication failed")]
    [InlineData("Require;Database=missing", "password", "does not exist")]
    public async Task A_start_that_a_host_refuses_ends_and_says_why(
        string mode, string password, string reason)
    {
        var result = await Command.TerseAsync(
            "serve", "--urls", "http://127.0.0.1:0", "--data", host.Folder["data"],
            "--Database:Hosts:0", HostWith(mode), "--Database:PasswordFile", host.Folder[password]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("No database host accepts the connection.", result.Errors, StringComparison.Ordinal);
        Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
        Assert.Contains($":{host.Postgres.Primary.Port}: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_without_any_reachable_host_goes_on_and_logs_why_each_host_cannot_be_used()
    {
        string[] hosts = [HostAt(FreePort.Find()), HostAt(FreePort.Find())];
        using var process = Command.Start(
            Repository.Program,
            ["serve", "--urls", "http://127.0.0.1:0", "--data", host.Folder["data"],
                .. PostgresCluster.SettingsOf(hosts)]);
        var refused = 0;
        while (refused < hosts.Length && await process.StandardError.ReadLineAsync() is { } line)
            refused += CannotBeUsed().IsMatch(line) ? 1 : 0;
        var isStarting = !process.HasExited;
        process.Kill();

        Assert.Equal((hosts.Length, true), (refused, isStarting));
    }

    private static string HostAt(int port) => PostgresServer.ConnectionStringBy(port);

    private string ClientLogin =>
        $"SSL Key={host.Certificates.ClientKey};Username={TestCertificates.ClientName}";

    private string HostWith(string mode) =>
        $"{host.Postgres.Primary.ConnectionString};Host=localhost;SSL Mode={mode}"
            .Replace("{authority}", host.Certificates.Authority, StringComparison.Ordinal)
            .Replace("{other}", host.Certificates.OtherAuthority, StringComparison.Ordinal)
            .Replace("{client}", host.Certificates.ClientCertificate, StringComparison.Ordinal)
            .Replace("{key}", ClientLogin, StringComparison.Ordinal);

    /// <summary>Counts the connections of Terse servers.</summary>
    private Task<long> CountConnectionsAsync(bool isEncrypted) => host.Postgres.Primary.ReadAsync(
        $"""
        SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'terse' AND ssl = {isEncrypted}
        """);

    /// <summary>Matches the line that a start logs while it goes on trying.</summary>
    [GeneratedRegex(
        "cannot be used: .*Connection refused",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CannotBeUsed();
}
