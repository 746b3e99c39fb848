using Amazon.Runtime;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>The login with tokens of Amazon RDS, on a host that refuses connections without TLS.</summary>
public sealed class RdsLoginTests(TlsHost host) : IClassFixture<TlsHost>
{
    private static readonly ImmutableCredentials Credentials = new("akid", "skid", null);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Tls => $"SSL Mode=VerifyFull;Root Certificate={host.Certificates.Authority}";

    [Fact]
    public async Task Each_connection_opens_with_the_token_of_its_time()
    {
        var primary = host.Postgres.Primary;
        var clock = new FakeTime(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
        var tokens = new RdsTokens(
            "localhost", primary.Port, "token", "eu-central-1", _ => Task.FromResult(Credentials), clock);
        var first = await tokens.GetAsync(Cancellation);
        await primary.ExecuteAsync($"CREATE ROLE token SUPERUSER LOGIN PASSWORD '{first}'");
        await using var cluster = new Cluster(
            new()
            {
                Hosts =
                [
                    new("primary", $"{primary.ConnectionString};Host=localhost;Username=token;{Tls}")
                    {
                        Password = tokens.GetAsync,
                    },
                ],
            },
            TimeProvider.System);
        await cluster.StartAsync();
        await using (await cluster.OpenPrimaryAsync(Cancellation))
            clock.Pass(TimeSpan.FromMinutes(10));

        await Assert.ThrowsAsync<HostUnavailableException>(() => cluster.OpenPrimaryAsync(Cancellation));
        var second = await tokens.GetAsync(Cancellation);
        await primary.ExecuteAsync($"ALTER ROLE token PASSWORD '{second}'");
        await using var connection = await cluster.OpenPrimaryAsync(Cancellation);
        Assert.NotEqual(first, second);
        Assert.Equal("token", connection.UserName);
    }

    [Fact]
    public async Task The_program_signs_its_login_with_its_identity_in_AWS()
    {
        await using var recorder = new PasswordRecorder(host.Certificates);
        var result = await ServeAsync(
            recorder.Port, ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "a session"), ("AWS_REGION", "eu-north-1"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("The token is recorded.", result.Errors, StringComparison.Ordinal);
        Assert.Matches(
            $"^localhost:{recorder.Port}/\\?Action=connect&DBUser=terse&X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=AKIDEXAMPLE%2F[0-9]{8}%2Feu-north-1%2Frds-db%2Faws4_request"
            + "&X-Amz-Date=[0-9]{8}T[0-9]{6}Z&X-Amz-Expires=900&X-Amz-Security-Token=a%20session"
            + "&X-Amz-SignedHeaders=host&X-Amz-Signature=[0-9a-f]{64}$",
            recorder.Password);
        Assert.DoesNotContain("X-Amz-Signature", result.Errors + result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_without_a_region_says_how_to_give_one()
    {
        var result = await ServeAsync(FreePort.Find(), ("AWS_REGION", ""), ("AWS_DEFAULT_REGION", ""));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("or set the variable AWS_REGION", result.Errors, StringComparison.Ordinal);
    }

    private Task<CommandResult> ServeAsync(
        int port, params (string Name, string? Value)[] environment) =>
        Command.RunAsync(
            Repository.Program,
            [
                "serve", "--urls", "http://127.0.0.1:0", "--data", host.Folder["data"],
                "--Database:Authentication", "RdsIam", "--Database:Hosts:0",
                $"Host=localhost;Port={port};Username=terse;Database=terse;{Tls}",
            ],
            environment: environment);
}
