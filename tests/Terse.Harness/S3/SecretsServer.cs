using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Terse.Harness;

/// <summary>
/// A server on 127.0.0.1 with the operation <c>GetSecretValue</c> of AWS Secrets Manager. It checks the
/// signature of each request. Safe for use by any number of threads.
/// </summary>
internal sealed class SecretsServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string> _secrets = new();
    private int _throttled;

    private SecretsServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>The environment variables for a program that uses the server.</summary>
    public (string Name, string? Value)[] Environment =>
        [.. S3Server.Environment, ("AWS_ENDPOINT_URL_SECRETS_MANAGER", _app.Urls.Single())];

    public static async Task<SecretsServer> StartAsync()
    {
        var server = new SecretsServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Stores a secret, and returns its ARN.</summary>
    public string Add(string name, string value)
    {
        var arn = $"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}";
        _secrets[arn] = value;
        return arn;
    }

    /// <summary>Answers the next requests as an overloaded service does.</summary>
    public void Throttle(int times) => Volatile.Write(ref _throttled, times);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var error = AwsSignature.FindError(
            context.Request, body.ToArray(), S3Server.AccessKey, S3Server.SecretKey, "secretsmanager");
        if (error is null && Interlocked.Decrement(ref _throttled) >= 0)
            error = "ThrottlingException";
        if (context.Request.Headers["X-Amz-Target"] != "secretsmanager.GetSecretValue")
            error ??= "UnknownOperationException";
        using var request = JsonDocument.Parse(body.ToArray());
        var secret = _secrets.GetValueOrDefault(request.RootElement.GetProperty("SecretId").GetString()!);
        if (secret is null)
            error ??= "ResourceNotFoundException";

        context.Response.StatusCode = error is null ? 200 : 400;
        context.Response.ContentType = "application/x-amz-json-1.1";
        var answer = error is null
            ? new Dictionary<string, string> { ["SecretString"] = secret! }
            : new() { ["__type"] = error, ["Message"] = "Of the test." };
        await context.Response.WriteAsync(JsonSerializer.Serialize(answer), Encoding.UTF8);
    }
}
