using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>The published program with values of its shared configuration in AWS Secrets Manager.</summary>
public sealed class SecretsManagerTests : IDisposable
{
    private const string Secret = "private, max-age=17";

    /// <summary>A secret that is no JSON; it begins like "null", of which parsers quote the rest.</summary>
    private const string Plain = "n0 part of this secret";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_uses_the_secret_although_the_service_is_overloaded_at_first()
    {
        await using var secrets = await SecretsServer.StartAsync();
        secrets.Throttle(times: 2);

        Assert.Equal(Secret, await ServeAsync(secrets, secrets.Add("header-Ab12Cd", Secret)));
    }

    [Theory]
    [InlineData(":header")]
    [InlineData(":header::")]
    public async Task A_secret_can_be_one_value_of_a_JSON_object(string key)
    {
        await using var secrets = await SecretsServer.StartAsync();
        var arn = secrets.Add("all-Ab12Cd", $$"""{"other": "x", "header": "{{Secret}}"}""");

        Assert.Equal(Secret, await ServeAsync(secrets, arn + key));
    }

    [Theory]
    [InlineData("secret:gone", "answered 400 ResourceNotFoundException Of the test.")]
    [InlineData("secret:all:none", "it has no value 'none'")]
    [InlineData("secret:plain:none", "The secret cannot be used: it is no JSON object.")]
    [InlineData("secret:empty", "it is empty")]
    [InlineData("secret", "which is no ARN of a secret")]
    [InlineData("secret:all:a:b", "which is no ARN of a secret")]
    public async Task A_server_does_not_start_without_the_secret_and_says_why(string name, string expected)
    {
        await using var secrets = await SecretsServer.StartAsync();
        secrets.Add("all", "{}");
        secrets.Add("plain", Plain);
        secrets.Add("empty", "");
        var result = await Command.RunAsync(
            Repository.Program,
            await ArgumentsAsync($"arn:aws:secretsmanager:eu-central-1:123456789012:{name}"),
            environment: secrets.Environment);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Redirects:CacheControl", result.Errors, StringComparison.Ordinal);
        Assert.Contains(expected, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Plain, result.Errors, StringComparison.Ordinal);
    }

    /// <summary>Starts a server, and returns the header of a redirect.</summary>
    private async Task<string?> ServeAsync(SecretsServer secrets, string reference)
    {
        await using var server = await TerseProcess.StartAsync(
            Repository.Program, await ArgumentsAsync(reference), folder: null, secrets.Environment);
        var code = await server.CreateCodeAsync("https://example.com/");
        return await S3Installation.ReadCacheControlAsync(server, code!);
    }

    private async Task<string[]> ArgumentsAsync(string reference)
    {
        var document = _folder["terse.json"];
        await File.WriteAllTextAsync(document, S3Installation.Document(reference));
        return
        [
            "serve", "--urls", "http://127.0.0.1:0", "--data", _folder["data"],
            "--Drain:Delay", "00:00:00", "--Config:Source", document,
        ];
    }
}
