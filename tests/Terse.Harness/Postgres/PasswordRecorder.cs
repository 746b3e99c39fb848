using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Terse.Harness;

/// <summary>
/// A server on 127.0.0.1 that asks PostgreSQL clients for their passwords over TLS, as Amazon RDS does, and
/// refuses each connection. Source: "Message Flow" in the PostgreSQL documentation.
/// </summary>
internal sealed class PasswordRecorder : IAsyncDisposable
{
    private const int MaxMessage = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;
    private volatile string? _password;

    public PasswordRecorder(TestCertificates certificates)
    {
        _certificate = X509Certificate2.CreateFromPemFile(
            certificates.ServerCertificate, certificates.ServerKey);
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The last password; null if there was none.</summary>
    public string? Password => _password;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _listener.Dispose();
        _certificate.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                try
                {
                    await RefuseAsync(client.GetStream());
                }
                catch (IOException)
                {
                    // The client has closed the connection.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test has ended.
        }
    }

    private async Task RefuseAsync(NetworkStream stream)
    {
        await ReadMessageAsync(stream); // The request for TLS.
        await stream.WriteAsync("S"u8.ToArray(), _stopping.Token);
        await using var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stopping.Token);
        await ReadMessageAsync(secure); // The user and the database.
        await WriteAsync(secure, 'R', [0, 0, 0, 3]); // The password in plain text, inside TLS.
        await secure.ReadExactlyAsync(new byte[1], _stopping.Token); // The type of the message.
        _password = Encoding.UTF8.GetString(await ReadMessageAsync(secure)).TrimEnd('\0');
        await WriteAsync(secure, 'E', "SFATAL\0C28P01\0MThe token is recorded.\0\0"u8.ToArray());
    }

    private async Task<byte[]> ReadMessageAsync(Stream stream)
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, _stopping.Token);
        var message = new byte[Math.Min(BinaryPrimitives.ReadInt32BigEndian(length) - 4, MaxMessage)];
        await stream.ReadExactlyAsync(message, _stopping.Token);
        return message;
    }

    private async Task WriteAsync(Stream stream, char type, byte[] content)
    {
        var message = new byte[5 + content.Length];
        message[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + content.Length);
        content.CopyTo(message, 5);
        await stream.WriteAsync(message, _stopping.Token);
    }
}
