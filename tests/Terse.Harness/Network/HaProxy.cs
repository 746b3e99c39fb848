using System.Diagnostics;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>A HAProxy process with a configuration of the test.</summary>
internal sealed class HaProxy : IAsyncDisposable
{
    private const string Defaults =
        """
        defaults
            timeout connect 1s
            timeout client 30s
            timeout server 30s
            timeout http-request 10s
            retries 0

        """;

    private readonly TemporaryFolder _folder = new();
    private Process? _process;

    /// <param name="sections">The frontends and backends, which follow common defaults.</param>
    /// <param name="port">A port that HAProxy listens on.</param>
    public static async Task<HaProxy> StartAsync(string sections, int port)
    {
        var proxy = new HaProxy();
        try
        {
            await File.WriteAllTextAsync(proxy._folder["haproxy.cfg"], $"{Defaults}{sections}\n");
            proxy._process = Command.Start("/usr/sbin/haproxy", ["-db", "-f", proxy._folder["haproxy.cfg"]]);
            await Eventually.IsTrueAsync(() => IsListeningAsync(port));
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Dispose();
    }

    private static async Task<bool> IsListeningAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
