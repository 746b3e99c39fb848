using System.Globalization;
using System.Net;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Terse.Harness;

/// <summary>
/// A server on 127.0.0.1 with the part of the API of S3 that Terse uses, and one bucket. It checks the
/// signature of each request, and a test can make it fail. Safe for use by any number of threads.
/// </summary>
internal sealed class S3Server : IAsyncDisposable
{
    public const string BucketName = "terse-settings";

    public const string AccessKey = "terse-tests";
    public const string SecretKey = "only for the tests of Terse";
    private const string MetadataPrefix = "x-amz-meta-";

    private static readonly XNamespace Xml = "http://s3.amazonaws.com/doc/2006-03-01/";

    private readonly WebApplication _app;
    private readonly string _secretKey;
    private readonly int _pageSize;
    private readonly Lock _failing = new();
    private (S3Fault Fault, int Times) _next;

    private S3Server(string secretKey, int pageSize)
    {
        (_secretKey, _pageSize) = (secretKey, pageSize);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    public string Url => _app.Urls.Single();

    public S3Bucket Bucket { get; } = new();

    /// <summary>The environment variables for a program that uses the server.</summary>
    public static (string Name, string? Value)[] Environment { get; } = EnvironmentOf(AccessKey, SecretKey);

    /// <summary>
    /// Returns environment variables with credentials. With them, the AWS SDK finds no other credentials and
    /// no region on this machine.
    /// </summary>
    public static (string Name, string? Value)[] EnvironmentOf(string accessKey, string secretKey) =>
    [
        ("AWS_ACCESS_KEY_ID", accessKey),
        ("AWS_SECRET_ACCESS_KEY", secretKey),
        ("AWS_SESSION_TOKEN", null),
        ("AWS_PROFILE", null),
        ("AWS_REGION", null),
        ("AWS_DEFAULT_REGION", null),
        ("AWS_ENDPOINT_URL", null),
        ("AWS_ENDPOINT_URL_S3", null),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];

    /// <param name="secretKey">The secret that clients must have; by default, they do.</param>
    /// <param name="pageSize">How many objects one page of a list has.</param>
    public static async Task<S3Server> StartAsync(string secretKey = SecretKey, int pageSize = 1000)
    {
        var server = new S3Server(secretKey, pageSize);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Makes the next requests fail.</summary>
    public void Fail(S3Fault fault, int times = int.MaxValue)
    {
        lock (_failing)
            _next = (fault, times);
    }

    /// <summary>Makes all further requests succeed.</summary>
    public void Recover() => Fail(S3Fault.None);

    /// <summary>Writes an object as another client would.</summary>
    public void Write(string key, string content) =>
        Bucket.Write(key, NewObject(Encoding.UTF8.GetBytes(content), []));

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var error = AwsSignature.FindError(context.Request, body.ToArray(), AccessKey, _secretKey);
        var fault = error is null ? TakeFault() : S3Fault.None;
        switch (fault)
        {
            case S3Fault.SlowDown or S3Fault.InternalError:
                await FailAsync(context, fault.ToString());
                break;
            case S3Fault.Conflict:
                await FailAsync(context, "ConditionalRequestConflict");
                break;
            case S3Fault.NoAnswer:
                await WaitForClientAsync(context);
                break;
            case S3Fault.Closed:
                context.Abort();
                break;
            default:
                await ServeAsync(context, body.ToArray(), error, fault);
                break;
        }
    }

    private async Task ServeAsync(HttpContext context, byte[] body, string? error, S3Fault fault)
    {
        var (bucket, key) = context.Request.Path.Value!.Split('/', 3) is [_, var first, var rest]
            ? (first, rest)
            : (context.Request.Path.Value.Trim('/'), "");
        error ??= bucket == BucketName ? null : "NoSuchBucket";
        if (error is null && HttpMethods.IsPut(context.Request.Method))
            error = Write(context.Request, key, body);
        else if (error is null && HttpMethods.IsDelete(context.Request.Method))
            Bucket.Delete(key);

        if (fault == S3Fault.LostAnswer)
            context.Abort();
        else if (error is not null)
            await FailAsync(context, error);
        else if (HttpMethods.IsDelete(context.Request.Method))
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        else if (key.Length == 0)
            await ListAsync(context);
        else
            await SendAsync(context, key, fault);
    }

    private S3Fault TakeFault()
    {
        lock (_failing)
            return _next.Times-- > 0 ? _next.Fault : S3Fault.None;
    }

    private string? Write(HttpRequest request, string key, byte[] body) => Bucket.Write(
        key,
        NewObject(body, request.Headers
            .Where(header => header.Key.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key, header => header.Value.ToString())),
        request.Headers.IfMatch.ToString(),
        request.Headers.IfNoneMatch.ToString());

    private async Task SendAsync(HttpContext context, string key, S3Fault fault)
    {
        var (request, response) = (context.Request, context.Response);
        if (Bucket.Find(key) is not { } found)
        {
            await FailAsync(context, "NoSuchKey");
            return;
        }

        response.Headers.ETag = found.Tag;
        response.Headers.LastModified = found.ModifiedAt.ToString("r", CultureInfo.InvariantCulture);
        foreach (var (name, value) in found.Headers)
            response.Headers[name] = value;
        if (HttpMethods.IsPut(request.Method))
            return;
        if (request.Headers.IfNoneMatch == found.Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentLength = found.Content.Length;
        if (HttpMethods.IsHead(request.Method))
            return;
        var isHalf = fault is S3Fault.HalfBody or S3Fault.StalledBody;
        await response.Body.WriteAsync(found.Content.AsMemory(0, found.Content.Length / (isHalf ? 2 : 1)));
        if (!isHalf)
            return;
        await response.Body.FlushAsync();
        if (fault == S3Fault.StalledBody)
            await WaitForClientAsync(context);
        context.Abort();
    }

    private Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var after = query["continuation-token"].ToString();
        var found = Bucket.List(query["prefix"].ToString())
            .Where(pair => string.CompareOrdinal(pair.Key, after) > 0)
            .ToList();
        var page = found.Take(_pageSize).ToList();
        var isTruncated = page.Count < found.Count;
        return WriteAsync(context.Response, new(
            Xml + "ListBucketResult",
            new XElement(Xml + "IsTruncated", isTruncated),
            isTruncated ? new XElement(Xml + "NextContinuationToken", page[^1].Key) : null,
            page.Select(pair => new XElement(
                Xml + "Contents",
                new XElement(Xml + "Key", TextOf(pair.Key, query["encoding-type"])),
                new XElement(Xml + "LastModified", pair.Value.ModifiedAt.UtcDateTime),
                new XElement(Xml + "ETag", pair.Value.Tag),
                new XElement(Xml + "Size", pair.Value.Content.Length)))));
    }

    private static string TextOf(string key, string? encoding) =>
        encoding == "url" ? Uri.EscapeDataString(key) : key;

    private static Task FailAsync(HttpContext context, string code)
    {
        context.Response.StatusCode = code switch
        {
            "NoSuchKey" or "NoSuchBucket" => StatusCodes.Status404NotFound,
            "PreconditionFailed" => StatusCodes.Status412PreconditionFailed,
            "ConditionalRequestConflict" => StatusCodes.Status409Conflict,
            "SlowDown" => StatusCodes.Status503ServiceUnavailable,
            "InternalError" => StatusCodes.Status500InternalServerError,
            "XAmzContentSHA256Mismatch" => StatusCodes.Status400BadRequest,
            _ => StatusCodes.Status403Forbidden,
        };
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : WriteAsync(
                context.Response,
                new("Error", new XElement("Code", code), new XElement("Message", $"{code} by the test")));
    }

    private static Task WriteAsync(HttpResponse response, XElement root)
    {
        response.ContentType = "application/xml";
        return response.WriteAsync("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + root);
    }

    private static S3Object NewObject(byte[] content, Dictionary<string, string> headers)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new(content, headers, now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)));
    }

    /// <summary>Waits until the client closes the connection, or the server is disposed.</summary>
    private static async Task WaitForClientAsync(HttpContext context)
    {
        var never = new TaskCompletionSource();
        try
        {
            await never.Task.WaitAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The response is of no use to anybody now.
        }
    }
}
