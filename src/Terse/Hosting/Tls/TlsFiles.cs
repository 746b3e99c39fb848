using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Terse.Hosting;

/// <summary>The content of the files that the settings name, so that a change can be noticed.</summary>
/// <param name="Path">The path of the file of the certificate.</param>
/// <param name="Certificate">The content of this file.</param>
/// <param name="Key">The content of the file of the key; null if there is none.</param>
/// <param name="Password">The password; null if there is none.</param>
internal sealed record TlsFiles(string Path, byte[] Certificate, byte[]? Key, string? Password)
{
    public static bool IsPkcs12(string path) =>
        System.IO.Path.GetExtension(path).ToUpperInvariant() is ".PFX" or ".P12";

    /// <exception cref="InvalidDataException">A file cannot be read.</exception>
    public static TlsFiles Read(TlsOptions options)
    {
        try
        {
            return new(
                options.CertificateFile!,
                File.ReadAllBytes(options.CertificateFile!),
                options.KeyFile is { } key ? File.ReadAllBytes(key) : null,
                options.PasswordFile is { } password
                    ? File.ReadLines(password).FirstOrDefault() ?? ""
                    : null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(exception.Message, exception);
        }
    }

    public bool HasSameContent(TlsFiles other) =>
        Certificate.AsSpan().SequenceEqual(other.Certificate)
        && (Key ?? []).AsSpan().SequenceEqual(other.Key ?? [])
        && Password == other.Password;

    /// <summary>Loads the certificate with its key and its intermediate certificates.</summary>
    /// <param name="now">The present time.</param>
    /// <param name="mayBeExpired">Whether a certificate that is not valid now is accepted.</param>
    /// <exception cref="InvalidDataException">
    /// The files contain no certificate with its key, or it is not valid now.
    /// </exception>
    public TlsCertificate Load(DateTimeOffset now, bool mayBeExpired)
    {
        try
        {
            var all = IsPkcs12(Path) ? LoadPkcs12() : LoadPem();
            var leaf = all.Find(certificate => certificate.HasPrivateKey)
                ?? throw new InvalidDataException($"'{Path}' contains no certificate with its private key.");
            X509Certificate2[] others = [.. all.Where(certificate => certificate != leaf)];
            var loaded = new TlsCertificate(
                leaf, SslStreamCertificateContext.Create(leaf, new(others), offline: true));
            TlsProbe.AssertUsable(loaded.Context);
            if (!mayBeExpired && (loaded.ValidUntil < now || loaded.ValidFrom > now))
            {
                throw new InvalidDataException(
                    $"The certificate in '{Path}' is only valid from {loaded.ValidFrom:u} to "
                    + $"{loaded.ValidUntil:u}.");
            }

            return loaded;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException(
                $"'{Path}' and its key cannot be read as a certificate: {exception.Message}", exception);
        }
    }

    private List<X509Certificate2> LoadPkcs12() =>
        [.. X509CertificateLoader.LoadPkcs12Collection(Certificate, Password)];

    private List<X509Certificate2> LoadPem()
    {
        var certificates = Encoding.ASCII.GetString(Certificate);
        var key = Key is null ? certificates : Encoding.ASCII.GetString(Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        if (chain.Count == 0)
            throw new InvalidDataException($"'{Path}' contains no certificate in PEM.");
        chain[0] = Password is null
            ? X509Certificate2.CreateFromPem(certificates, key)
            : X509Certificate2.CreateFromEncryptedPem(certificates, key, Password);
        return [.. chain];
    }
}

/// <param name="Leaf">The certificate of the server, with its key.</param>
/// <param name="Context">
/// What the server sends in a handshake: this certificate and the intermediate ones.
/// </param>
internal sealed record TlsCertificate(X509Certificate2 Leaf, SslStreamCertificateContext Context)
{
    public DateTimeOffset ValidFrom { get; } = new(Leaf.NotBefore.ToUniversalTime());

    public DateTimeOffset ValidUntil { get; } = new(Leaf.NotAfter.ToUniversalTime());
}
