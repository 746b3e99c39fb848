using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Terse.Harness;

/// <summary>
/// A Chromium process without a window, which a test controls with the Chrome DevTools Protocol
/// (https://chromedevtools.github.io/devtools-protocol/). The browser resolves every host below
/// <c>.example</c> to 127.0.0.1, as an attacker's name server can do.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Listening = "DevTools listening on ";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly TemporaryFolder _folder;
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _waiting = new();
    private readonly ConcurrentDictionary<string, BrowserPage> _pages = new();
    private int _lastId;
    private Task _reading = Task.CompletedTask;

    private Chromium(Process process, TemporaryFolder folder) => (_process, _folder) = (process, folder);

    public static async Task<Chromium> StartAsync()
    {
        var folder = new TemporaryFolder();
        var process = Command.Start(
            "chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--remote-debugging-port=0", $"--user-data-dir={folder.Path}",
                "--host-resolver-rules=MAP *.example 127.0.0.1", "about:blank",
            ],
            folder.Path,
            ("HOME", folder.Path));
        var browser = new Chromium(process, folder);
        try
        {
            await browser.ConnectAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens an empty page.</summary>
    public async Task<BrowserPage> OpenAsync()
    {
        var target = await SendAsync("Target.createTarget", new() { ["url"] = "about:blank" });
        var attached = await SendAsync("Target.attachToTarget", new()
        {
            ["targetId"] = target.GetProperty("targetId").GetString(),
            ["flatten"] = true,
        });
        var session = attached.GetProperty("sessionId").GetString()!;
        var page = _pages[session] = new BrowserPage(this, session);
        foreach (var domain in new[] { "Page", "Runtime", "Log", "Network", "Audits" })
            await SendAsync(domain + ".enable", [], session);
        return page;
    }

    /// <summary>Sends a command and returns its result.</summary>
    /// <param name="method">The command, such as <c>Page.navigate</c>.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="session">The page; null for the browser.</param>
    /// <exception cref="InvalidOperationException">The browser refuses the command.</exception>
    public async Task<JsonElement> SendAsync(string method, JsonObject parameters, string? session = null)
    {
        var id = Interlocked.Increment(ref _lastId);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
            message["sessionId"] = session;
        var waiting = _waiting[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _sending.WaitAsync(_stop.Token);
        try
        {
            await _socket.SendAsync(
                JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, _stop.Token);
        }
        finally
        {
            _sending.Release();
        }

        var answer = await waiting.Task.WaitAsync(Timeout, TimeProvider.System);
        return answer.TryGetProperty("error", out var error)
            ? throw new InvalidOperationException($"{method}: {error}")
            : answer.GetProperty("result");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
        _socket.Dispose();
        _sending.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    private async Task ConnectAsync()
    {
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                address.TrySetException(new InvalidOperationException("Chromium has ended."));
            else if (line.Data.StartsWith(Listening, StringComparison.Ordinal))
                address.TrySetResult(new Uri(line.Data[Listening.Length..]));
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Timeout, TimeProvider.System);
        await _socket.ConnectAsync(await address.Task.WaitAsync(limit.Token), limit.Token);
        _reading = ReadAsync();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var text = new MemoryStream();
        try
        {
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(), _stop.Token);
                await text.WriteAsync(buffer.AsMemory(0, read.Count), _stop.Token);
                if (!read.EndOfMessage)
                    continue;
                if (text.Length > 0)
                    Receive(JsonDocument.Parse(text.ToArray()).RootElement);
                text.SetLength(0);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            foreach (var (_, waiting) in _waiting)
                waiting.TrySetException(new InvalidOperationException("Chromium has ended.", exception));
        }
    }

    private void Receive(JsonElement message)
    {
        if (message.TryGetProperty("id", out var id))
        {
            if (_waiting.TryRemove(id.GetInt32(), out var waiting))
                waiting.TrySetResult(message);
        }
        else if (message.TryGetProperty("sessionId", out var session)
            && _pages.TryGetValue(session.GetString()!, out var page))
        {
            page.Receive(message.GetProperty("method").GetString()!, message.GetProperty("params"));
        }
    }
}
