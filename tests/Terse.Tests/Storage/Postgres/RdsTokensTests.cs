using Amazon.Runtime;
using Microsoft.Extensions.Time.Testing;
using Terse.Hosting;
using Terse.Storage;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

public sealed class RdsTokensTests
{
    private const string Host = "prod-instance.us-east-1.rds.amazonaws.com";

    private static readonly DateTimeOffset Start = new(2016, 11, 7, 17, 39, 33, TimeSpan.Zero);
    private static readonly ImmutableCredentials Known = new("akid", "skid", null);

    private readonly FakeTimeProvider _time = new(Start);
    private ImmutableCredentials? _credentials = Known;
    private int _searches;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The example of AWS's own client for Python (botocore, test_generate_db_auth_token).</summary>
    [Fact]
    public async Task A_token_equals_the_known_token_of_other_clients() => Assert.Equal(
        "prod-instance.us-east-1.rds.amazonaws.com:3306/?Action=connect&DBUser=someusername"
        + "&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        + "&X-Amz-Credential=akid%2F20161107%2Fus-east-1%2Frds-db%2Faws4_request"
        + "&X-Amz-Date=20161107T173933Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
        + "&X-Amz-Signature=d1138cdbc0ca63eec012ec0fc6c2267e03642168f5884a7795320d4c18374c61",
        await TokensOf("someusername").GetAsync(Cancellation));

    [Fact]
    public async Task A_token_of_a_role_contains_the_token_of_its_session_and_encodes_its_characters()
    {
        _credentials = new("akid", "skid", "a/b+c==");
        var token = await TokensOf("a user").GetAsync(Cancellation);

        Assert.Contains("&X-Amz-Security-Token=a%2Fb%2Bc%3D%3D&X-Amz-Sig", token, StringComparison.Ordinal);
        Assert.Contains("&DBUser=a%20user&", token, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_renewed_long_before_its_15_minutes_end()
    {
        var tokens = TokensOf("terse");
        var first = await tokens.GetAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(299));
        var same = await tokens.GetAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(1));
        var renewed = await tokens.GetAsync(Cancellation);

        Assert.Equal((first, 2), (same, _searches));
        Assert.Contains("X-Amz-Date=20161107T174433Z", renewed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_credentials_the_last_token_is_used_until_it_is_nearly_over()
    {
        var tokens = TokensOf("terse");
        var first = await tokens.GetAsync(Cancellation);
        _credentials = null;
        _time.Advance(new(0, 13, 59));
        var kept = await tokens.GetAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(1));
        var exception = await Assert.ThrowsAsync<SourceUnavailableException>(
            async () => await tokens.GetAsync(Cancellation));

        Assert.Equal(first, kept);
        Assert.Equal("The identity of AWS cannot be used: no credentials.", exception.Message);
    }

    [Theory]
    [InlineData("db1.c9akciq32.eu-central-1.rds.amazonaws.com", "eu-central-1")]
    [InlineData("DB1.cluster-ro-c9a.US-EAST-1.rds.amazonaws.com.", "us-east-1")]
    [InlineData("p.proxy-c9a.us-gov-west-1.rds.amazonaws.com", "us-gov-west-1")]
    [InlineData("db1.c9a.cn-north-1.rds.amazonaws.com.cn", "cn-north-1")]
    [InlineData("db1", "from-the-environment")]
    [InlineData("eu-central-1.rds.amazonaws.com", "from-the-environment")]
    [InlineData("db1.c9a.eu-central-1.rds.amazonaws.com.example.org", "from-the-environment")]
    public void The_region_follows_from_the_name_of_the_host_or_from_the_environment(
        string host, string expected) => Assert.Equal(
            expected,
            RdsHost.FindRegion(host, name => name == "AWS_REGION" ? "from-the-environment" : null));

    [Theory]
    [InlineData($"Host={Host};Username=terse;SSL Mode=VerifyFull", null)]
    [InlineData($"Host={Host};Username=terse;SSL Mode=Require", "0 does not check the certificate")]
    [InlineData($"Host={Host};Username=terse", "add 'SSL Mode=VerifyFull;Root Certificate=FILE'")]
    [InlineData($"Host={Host};SSL Mode=VerifyFull", "add 'Username=terse'")]
    [InlineData("Host=db1;Username=terse;SSL Mode=VerifyCA", "or set the variable AWS_REGION")]
    public void A_login_that_cannot_work_is_an_error_that_says_what_is_missing(string host, string? error) =>
        AssertError(error, new() { Hosts = [host], Authentication = "rdsiam" });

    [Theory]
    [InlineData("Kerberos", null, "set it to 'Password' or 'RdsIam'")]
    [InlineData("RdsIam", "/etc/terse/password", "remove one of them")]
    [InlineData("Password", "/etc/terse/password", null)]
    public void A_login_has_one_known_way(string way, string? file, string? error) =>
        AssertError(error, new() { Authentication = way, PasswordFile = file });

    private static void AssertError(string? expected, DatabaseOptions options)
    {
        var errors = DatabaseOptionsValidator.FindLoginErrors(options, _ => null).ToList();
        if (expected is null)
            Assert.Empty(errors);
        else
            Assert.Contains(expected, Assert.Single(errors), StringComparison.Ordinal);
    }

    private RdsTokens TokensOf(string user) => new(
        Host,
        3306,
        user,
        "us-east-1",
        _ =>
        {
            _searches++;
            return _credentials is null
                ? throw new AmazonClientException("no credentials")
                : Task.FromResult(_credentials);
        },
        _time);
}
