using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Terse.Harness;

/// <summary>
/// A listening socket on 127.0.0.1 that this process opens and passes to servers, as systemd does with a
/// socket unit.
/// </summary>
internal sealed partial class ListeningSocket : IDisposable
{
    private const int SetDescriptorFlags = 2; // F_SETFD
    private const int CloseOnExec = 1; // FD_CLOEXEC
    private const int MaxWaiting = 4096;

    /// <summary>
    /// Moves the sockets to the file descriptors from 3 on, and names the process that may use them. The
    /// program takes the place of the shell, so its process id is that of the shell.
    /// </summary>
    private const string Shell =
        """
        number=3
        while [ "$1" != -- ]; do
            eval "exec $number<&$1"
            number=$((number + 1))
            shift
        done
        shift
        export LISTEN_PID=$$ LISTEN_FDS=$((number - 3))
        exec "$@"
        """;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ListeningSocket()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen(MaxWaiting);
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    private string Handle => _socket.Handle.ToString(CultureInfo.InvariantCulture);

    /// <summary>Starts <c>terse serve</c> with sockets that are already open.</summary>
    /// <param name="sockets">The sockets, in the order of their file descriptors.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="names">The names of the sockets (FileDescriptorName), separated by colons.</param>
    /// <param name="options">Further options of the command.</param>
    public static Task<TerseProcess> ServeAsync(
        IReadOnlyList<ListeningSocket> sockets, string data, string names, params string[] options)
    {
        string[] server =
            [Repository.Program, "serve", "--data", data, "--Drain:Delay", "00:00:00", .. options];
        foreach (var socket in sockets)
            SetFlags(socket, 0);
        try
        {
            // The process has been started when this call returns its task.
            return TerseProcess.StartAsync(
                "bash",
                ["-c", Shell, "bash", .. sockets.Select(socket => socket.Handle), "--", .. server],
                folder: null,
                ("LISTEN_FDNAMES", names));
        }
        finally
        {
            foreach (var socket in sockets)
                SetFlags(socket, CloseOnExec);
        }
    }

    public void Dispose() => _socket.Dispose();

    private static void SetFlags(ListeningSocket socket, int flags)
    {
        if (Control((int)socket._socket.Handle, SetDescriptorFlags, flags) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int descriptor, int command, int argument);
}
