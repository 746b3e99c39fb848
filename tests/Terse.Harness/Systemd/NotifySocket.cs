using System.Net.Sockets;
using System.Text;

namespace Terse.Harness;

/// <summary>Receives the notices of a service, as systemd does: a Unix socket for datagrams.</summary>
internal sealed class NotifySocket : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public NotifySocket() => _socket.Bind(new UnixDomainSocketEndPoint(Path));

    /// <summary>The value of the variable NOTIFY_SOCKET.</summary>
    public string Path => _folder["notify"];

    /// <summary>Waits for the next notice.</summary>
    public async Task<string> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Timeout, TimeProvider.System);
        var bytes = new byte[256];
        var length = await _socket.ReceiveAsync(bytes, limit.Token);
        return Encoding.ASCII.GetString(bytes, 0, length);
    }

    /// <summary>Waits for a notice, and returns how many others came before it.</summary>
    public async Task<int> WaitForAsync(string notice)
    {
        var others = 0;
        while (await ReceiveAsync() != notice)
            others++;
        return others;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _folder.Dispose();
    }
}
