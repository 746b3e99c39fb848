using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Terse.Harness;

/// <summary>
/// A process of s3rver, an S3 server by others, which <c>./test</c> installs from npm. It checks signatures,
/// and ignores conditions of writes. Its data is in a temporary folder.
/// </summary>
internal sealed class S3rver : IAsyncDisposable
{
    private static readonly string Program =
        Path.Combine(Repository.Root, "artifacts/s3rver/node_modules/.bin/s3rver");

    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort.Find();
    private Process? _process;

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}");

    /// <summary>The environment variables for a program that uses the server.</summary>
    public static (string Name, string? Value)[] Environment { get; } =
        S3Server.EnvironmentOf("S3RVER", "S3RVER");

    /// <summary>Starts the server with one empty bucket.</summary>
    public static async Task<S3rver> StartAsync(string bucket)
    {
        var server = new S3rver();
        try
        {
            string[] options =
            [
                "--directory", server._folder.Path,
                "--address", "127.0.0.1",
                "--port", string.Create(CultureInfo.InvariantCulture, $"{server._port}"),
                "--configure-bucket", bucket,
                "--silent",
            ];
            server._process = Command.Start(Program, options);
            await Eventually.IsTrueAsync(server.IsReadyAsync);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException(await _process.StandardError.ReadToEndAsync());
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
