using System.Diagnostics;
using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// The sample <c>samples/billing</c> as a process that a test can kill and start again. A proxy in front of
/// it can lose its responses.
/// </summary>
internal sealed class BillingProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(
        Repository.Root, "artifacts/bin/Billing/release/Billing");

    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort.Find();
    private readonly TcpProxy _proxy;
    private readonly HttpClient _http = new();
    private Process? _process;

    public BillingProcess()
    {
        _proxy = new TcpProxy(_port);
    }

    /// <summary>The URL for the webhook, which leads through the proxy.</summary>
    public string Url => $"http://127.0.0.1:{_proxy.Port}/events";

    /// <summary>Starts the process, and waits until it answers.</summary>
    public async Task StartAsync(string secret)
    {
        _process = Command.Start(
            Program,
            ["--urls", $"http://127.0.0.1:{_port}", "--Secret", secret, "--Ledger", _folder["billing.db"]]);
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine(); // If nobody read the output, a full pipe would block the process.
        _process.BeginErrorReadLine();
        await Eventually.IsTrueAsync(async () => await TryReadBillsAsync() is not null);
    }

    /// <summary>Kills the process (SIGKILL), and starts it again with its ledger.</summary>
    public async Task ReplaceAsync(string secret)
    {
        await KillAsync();
        await StartAsync(secret);
    }

    /// <summary>Lets the process receive requests, but Terse no responses, while an action runs.</summary>
    public async Task LoseResponsesAsync(Func<Task> meanwhile)
    {
        _proxy.HoldResponses();
        await meanwhile();
        _proxy.Reset();
        _proxy.Forward();
    }

    /// <summary>Reads the bills: the visits by the id of the link.</summary>
    public async Task<Dictionary<string, long>> ReadBillsAsync() => (await TryReadBillsAsync())!;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        _http.Dispose();
        await _proxy.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<Dictionary<string, long>?> TryReadBillsAsync()
    {
        try
        {
            return await _http.GetFromJsonAsync<Dictionary<string, long>>(
                new Uri($"http://127.0.0.1:{_port}/bills"));
        }
        catch (HttpRequestException)
        {
            return null; // The process is starting.
        }
    }

    private async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }
}
