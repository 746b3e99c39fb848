using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Terse.Bench;

/// <summary>
/// A receiver of webhooks in this process. It accepts each event after the same time, and notes when it
/// received each event.
/// </summary>
internal sealed class CountingReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeSpan _delay;
    private readonly ConcurrentDictionary<string, long> _received = new(StringComparer.Ordinal);

    private CountingReceiver(TimeSpan delay)
    {
        _delay = delay;
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ReceiveAsync);
    }

    /// <summary>How many different events were received.</summary>
    public int Count => _received.Count;

    /// <param name="delay">
    /// The time from a request to its answer; <see cref="Timeout.InfiniteTimeSpan"/> for a receiver that
    /// hangs.
    /// </param>
    public static async Task<CountingReceiver> StartAsync(TimeSpan delay = default)
    {
        var receiver = new CountingReceiver(delay);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>When the event about a link was received, as a timestamp; null if it was not yet.</summary>
    public long? ReceivedAt(string subject) => _received.TryGetValue(subject, out var at) ? at : null;

    /// <summary>Creates a webhook for this receiver, and returns its id.</summary>
    public async Task<string> SubscribeAsync(HttpClient http, params string[] types)
    {
        using var response = await http.PostAsJsonAsync(
            new Uri("/api/v1/webhooks", UriKind.Relative), new { url = _app.Urls.Single(), types });
        response.EnsureSuccessStatusCode();
        var webhook = await response.Content.ReadFromJsonAsync<JsonElement>();
        return webhook.GetProperty("id").GetString()!;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        var at = TimeProvider.System.GetTimestamp();
        using var sent = await JsonDocument.ParseAsync(
            context.Request.Body, cancellationToken: context.RequestAborted);
        await Task.Delay(_delay, TimeProvider.System, context.RequestAborted);
        _received.TryAdd(sent.RootElement.GetProperty("subject").GetString()!, at);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
