using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;

namespace Terse.Hosting;

/// <summary>
/// Makes one handshake with a certificate inside of this process. A certificate can be valid and still be
/// refused by the TLS library, for example because its key is too short; then every client would fail.
/// </summary>
internal static class TlsProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <exception cref="InvalidDataException">No handshake with the certificate is possible.</exception>
    public static void AssertUsable(SslStreamCertificateContext certificate)
    {
        try
        {
            ConnectAsync(certificate).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception
            is AuthenticationException or IOException or OperationCanceledException)
        {
            throw new InvalidDataException(
                $"The certificate cannot be used for TLS: {(exception.InnerException ?? exception).Message}",
                exception);
        }
    }

    private static async Task ConnectAsync(SslStreamCertificateContext certificate)
    {
        var (toServer, toClient) = (new Pipe(), new Pipe());
        await using var server = new SslStream(new Duplex(toServer.Reader, toClient.Writer));
        await using var client = new SslStream(new Duplex(toClient.Reader, toServer.Writer));
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = certificate };
        await Task.WhenAll(
            CancelOnFailureAsync(server.AuthenticateAsServerAsync(options, limit.Token), limit),
            CancelOnFailureAsync(client.AuthenticateAsClientAsync(NewClientOptions(), limit.Token), limit));
    }

    /// <summary>Cancels the other side, which would wait.</summary>
    private static async Task CancelOnFailureAsync(Task handshake, CancellationTokenSource limit)
    {
        try
        {
            await handshake;
        }
        catch
        {
            await limit.CancelAsync();
            throw;
        }
    }

    private static SslClientAuthenticationOptions NewClientOptions() => new()
    {
        TargetHost = "localhost",
#pragma warning disable CA5359 // The client is this process itself, which only asks whether TLS works.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
    };

    /// <summary>One end of a connection inside of the process.</summary>
    private sealed class Duplex(PipeReader input, PipeWriter output) : Stream
    {
        private readonly Stream _input = input.AsStream();
        private readonly Stream _output = output.AsStream();

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) =>
            _output.FlushAsync(cancellationToken);

        public override void Flush() => _output.Flush();

        public override int Read(byte[] buffer, int offset, int count) => _input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) =>
            _output.Write(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _input.Dispose();
            _output.Dispose();
            base.Dispose(disposing);
        }
    }
}
