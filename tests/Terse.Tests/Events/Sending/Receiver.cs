using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Terse.Tests.Events;

/// <summary>The receiver of a webhook: a web server that keeps each request and answers it.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Func<HttpContext, Task> _answer;
    private readonly Lock _counting = new();
    private int _inFlight;
    private int _peak;

    private Receiver(Func<HttpContext, Task> answer, X509Certificate2? certificate)
    {
        _answer = answer;
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (certificate is not null)
                    listen.UseHttps(certificate);
            }));
        if (certificate is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>The requests in the order of their arrival.</summary>
    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    /// <summary>The largest number of requests at the same time.</summary>
    public int Peak => Volatile.Read(ref _peak);

    public string Url => _app.Urls.First() + "/hook";

    public static async Task<Receiver> StartAsync(
        Func<HttpContext, Task> answer, X509Certificate2? certificate = null)
    {
        var receiver = new Receiver(answer, certificate);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Starts a receiver that answers each request with a status.</summary>
    public static Task<Receiver> StartAsync(int status) => StartAsync(context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    });

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        lock (_counting)
            _peak = Math.Max(_peak, ++_inFlight);
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            Requests.Enqueue(new(
                context.Request.Method,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()),
                body.ToArray()));
            await _answer(context);
        }
        finally
        {
            lock (_counting)
                _inFlight--;
        }
    }
}

internal sealed record ReceivedRequest(string Method, Dictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The id of the event, which is in the header and in the body.</summary>
    public string EventId
    {
        get
        {
            using var json = JsonDocument.Parse(Body);
            return json.RootElement.GetProperty("id").GetString()!;
        }
    }
}
