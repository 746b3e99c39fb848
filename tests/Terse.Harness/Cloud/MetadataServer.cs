using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Terse.Harness;

/// <summary>
/// A server on 127.0.0.1 that answers as the metadata service of an EC2 instance does (IMDSv2): only requests
/// with a token that it has given. Safe for use by any number of threads.
/// </summary>
internal sealed class MetadataServer : IAsyncDisposable
{
    public const string Identity = "/latest/dynamic/instance-identity/document";
    public const string LifeCycle = "/latest/meta-data/instance-life-cycle";
    public const string Interruption = "/latest/meta-data/spot/instance-action";

    /// <summary>The zone in the identity document.</summary>
    public const string Zone = "eu-central-1a";

    private const string TokenPath = "/latest/api/token";

    private const string Document =
        """
        {
          "accountId": "123456789012", "architecture": "arm64", "availabilityZone": "eu-central-1a",
          "billingProducts": null, "imageId": "ami-0123456789abcdef0",
          "instanceId": "i-0123456789abcdef0", "instanceType": "c7g.large", "region": "eu-central-1"
        }
        """;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string> _texts = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private volatile TaskCompletionSource _answering = new();
    private int _token;

    private MetadataServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ServeAsync);
        _answering.SetResult();
    }

    public string Url => _app.Urls.Single();

    /// <summary>The environment variable for a program that uses the server.</summary>
    public (string Name, string? Value) Variable => ("AWS_EC2_METADATA_SERVICE_ENDPOINT", Url);

    /// <summary>The paths of all requests until now, without those for tokens.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <param name="lifeCycle">Such as <c>spot</c> or <c>on-demand</c>.</param>
    public static async Task<MetadataServer> StartAsync(string lifeCycle)
    {
        var server = new MetadataServer();
        server[Identity] = Document;
        server[LifeCycle] = lifeCycle;
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Sets the text at a path.</summary>
    public string this[string path]
    {
        set => _texts[path] = value;
    }

    /// <summary>Makes all tokens invalid, as after the time for which they were given.</summary>
    public void ExpireTokens() => Interlocked.Increment(ref _token);

    /// <summary>Holds all answers back until <see cref="Resume"/>.</summary>
    public void Pause() => _answering = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume() => _answering.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Resume();
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        await _answering.Task.WaitAsync(context.RequestAborted);
        var (request, response) = (context.Request, context.Response);
        var token = $"token {Volatile.Read(ref _token)}";
        if (request.Path == TokenPath)
        {
            var isValid = request.Method == HttpMethods.Put
                && int.TryParse(request.Headers["X-aws-ec2-metadata-token-ttl-seconds"], out var seconds)
                && seconds is >= 1 and <= 21_600;
            response.StatusCode = isValid ? 200 : 400;
            await response.WriteAsync(isValid ? token : "");
            return;
        }

        _requests.Enqueue(request.Path.Value!);
        var text = _texts.GetValueOrDefault(request.Path.Value!);
        response.StatusCode = request.Headers["X-aws-ec2-metadata-token"] != token ? 401
            : text is null ? 404
            : 200;
        if (response.StatusCode == 200)
            await response.WriteAsync(text!);
    }
}
