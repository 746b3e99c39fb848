using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class ServerCertificateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificates _first;

    public ServerCertificateTests() => _first = NewCertificates("first");

    [Fact]
    public async Task A_new_certificate_is_used_by_new_connections_while_open_connections_go_on()
    {
        await using var server = await StartAsync();
        await using var open = await ConnectAsync(server, _first);
        await AssertAnswersAsync(open);
        var second = NewCertificates("second");
        Replace(second);
        await Eventually.IsTrueAsync(async () =>
        {
            await AssertAnswersAsync(open);
            return await ShowsCertificateOfAsync(server, second);
        });

        await AssertAnswersAsync(open);
        Assert.False(await ShowsCertificateOfAsync(server, _first));
    }

    [Fact]
    public async Task Files_without_a_valid_certificate_keep_the_last_one_and_are_logged_once()
    {
        await using var server = await StartAsync();
        using var log = new KeptLog();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        var certificates = server.Services.GetRequiredService<TlsCertificates>();
        var present = certificates.Current;
        File.Copy(NewCertificates("second").ServerCertificate, _first.ServerCertificate, overwrite: true);
        certificates.Reload();
        certificates.Reload();

        Assert.Same(present, certificates.Current);
        Assert.Contains("keeps that which expires", Assert.Single(log.Lines), StringComparison.Ordinal);
        File.Delete(_first.ServerCertificate);
        certificates.Reload();
        certificates.Reload();
        Assert.Same(present, certificates.Current);
        Assert.Equal(2, log.Lines.Count);
        await using var connection = await ConnectAsync(server, _first);
        await AssertAnswersAsync(connection);
        Replace(NewCertificates("third"));
        certificates.Reload();
        Assert.NotSame(present, certificates.Current);
    }

    [Fact]
    public async Task A_PKCS12_file_with_a_password_file_is_a_certificate()
    {
        using var certificate = X509Certificate2.CreateFromPemFile(
            _first.ServerCertificate, _first.ServerKey);
        await File.WriteAllBytesAsync(
            _folder["server.pfx"], certificate.Export(X509ContentType.Pfx, "secret"));
        await File.WriteAllTextAsync(_folder["password"], "secret\n");
        await using var server = await TerseServer.StartAsync(
            ("Urls", "https://127.0.0.1:0"),
            ("Tls:CertificateFile", _folder["server.pfx"]),
            ("Tls:PasswordFile", _folder["password"]));
        await using var connection = await ConnectAsync(server, _first);

        await AssertAnswersAsync(connection);
    }

    [Fact]
    public async Task The_intermediate_certificates_of_the_file_are_sent()
    {
        var chain = await File.ReadAllTextAsync(_first.ServerCertificate) + "\n"
            + await File.ReadAllTextAsync(_first.Authority);
        await File.WriteAllTextAsync(_first.ServerCertificate, chain);
        await using var server = await StartAsync();
        var sent = 0;
        await using var connection = await ConnectAsync(
            server, _first, validate: received => sent = received.ChainPolicy.ExtraStore.Count);

        Assert.Equal(1, sent);
    }

    [Fact]
    public async Task The_remaining_time_of_the_certificate_is_a_metric()
    {
        await using var server = await StartAsync();
        _ = server.Services.GetRequiredService<TlsCertificates>().Current;
        var remaining = new List<double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "terse.tls.certificate.remaining")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => remaining.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();

        var nineteenDays = TimeSpan.FromDays(19);
        Assert.Contains(remaining, value => value > nineteenDays.TotalSeconds - 60
            && value <= nineteenDays.TotalSeconds);
    }

    [Theory]
    [InlineData("Tls:KeyFile", "/nowhere/key.pem", "Tls:CertificateFile is missing")]
    [InlineData("Tls:CertificateFile", "/nowhere/site.pem", "Could not find")]
    public async Task A_wrong_certificate_is_an_error_of_the_settings(string name, string value, string hint)
    {
        await using var app = Program.BuildServer([new(name, value)]);

        var error = Assert.Single(SettingsErrors.Find(app.Services));
        Assert.Contains(hint, error, StringComparison.Ordinal);
    }

    /// <summary>
    /// TLS libraries refuse keys of 1,024 bits. A server with such a certificate would answer no client.
    /// </summary>
    [Fact]
    public async Task A_certificate_that_TLS_refuses_is_an_error_and_does_not_replace_another_one()
    {
        using var key = RSA.Create(1024);
        var request = new CertificateRequest(
            "CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        using var weak = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(9));
        await using var server = await StartAsync();
        var certificates = server.Services.GetRequiredService<TlsCertificates>();
        var present = certificates.Current;
        await File.WriteAllTextAsync(_first.ServerCertificate, weak.ExportCertificatePem());
        await File.WriteAllTextAsync(_first.ServerKey, key.ExportPkcs8PrivateKeyPem());
        certificates.Reload();
        await using var app = Program.BuildServer(
            [new("Tls:CertificateFile", _first.ServerCertificate), new("Tls:KeyFile", _first.ServerKey)]);

        Assert.Same(present, certificates.Current);
        var error = Assert.Single(SettingsErrors.Find(app.Services));
        Assert.Contains("cannot be used for TLS", error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Task<TerseServer> StartAsync() => TerseServer.StartAsync(
        ("Urls", "https://127.0.0.1:0"),
        ("Tls:CertificateFile", _first.ServerCertificate),
        ("Tls:KeyFile", _first.ServerKey));

    private TestCertificates NewCertificates(string name) =>
        new(Directory.CreateDirectory(_folder[name]).FullName);

    /// <summary>Replaces both files, one after the other, as tools do.</summary>
    private void Replace(TestCertificates other)
    {
        File.Copy(other.ServerCertificate, _first.ServerCertificate, overwrite: true);
        File.Copy(other.ServerKey, _first.ServerKey, overwrite: true);
    }

    private static async Task<bool> ShowsCertificateOfAsync(TerseServer server, TestCertificates certificates)
    {
        try
        {
            await using var connection = await ConnectAsync(server, certificates);
            await AssertAnswersAsync(connection);
            return true;
        }
        catch (AuthenticationException)
        {
            return false; // Another authority issued the certificate.
        }
    }

    private static async Task<SslStream> ConnectAsync(
        TerseServer server, TestCertificates trusted, Action<X509Chain>? validate = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, server.Http.BaseAddress!.Port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = trusted.Trust(),
            RemoteCertificateValidationCallback = (_, _, chain, errors) =>
            {
                validate?.Invoke(chain!);
                return errors == SslPolicyErrors.None;
            },
        });
        return stream;
    }

    private static async Task AssertAnswersAsync(SslStream connection)
    {
        await connection.WriteAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        var bytes = new byte[4096];
        var length = 0;
        while (!Encoding.ASCII.GetString(bytes, 0, length).EndsWith("ok", StringComparison.Ordinal))
        {
            var read = await connection.ReadAsync(bytes.AsMemory(length));
            Assert.NotEqual(0, read);
            length += read;
        }

        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(bytes, 0, length));
    }
}
