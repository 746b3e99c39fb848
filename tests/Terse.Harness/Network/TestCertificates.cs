using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Terse.Harness;

/// <summary>
/// The files of a certificate authority, of a certificate for the host <c>localhost</c>, and of a client
/// certificate, all in PEM.
/// </summary>
internal sealed class TestCertificates
{
    /// <summary>The user that the client certificate names.</summary>
    public const string ClientName = "certified";

    private readonly string _folder;
    private readonly TimeSpan _validFor;

    /// <param name="folder">An existing folder. Files that exist are replaced.</param>
    /// <param name="validFor">
    /// How long the certificates of the host and of the client are valid; 19 days if null.
    /// </param>
    public TestCertificates(string folder, TimeSpan? validFor = null)
    {
        _folder = folder;
        _validFor = validFor ?? TimeSpan.FromDays(19);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = NewAuthority(key, "CN=Terse tests");
        File.WriteAllText(Authority, authority.ExportCertificatePem());
        Issue(authority, "localhost", serial: 2, ServerCertificate, ServerKey);
        Issue(authority, ClientName, serial: 3, ClientCertificate, ClientKey);

        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = NewAuthority(otherKey, "CN=Another authority");
        File.WriteAllText(OtherAuthority, other.ExportCertificatePem());
    }

    public string Authority => Path.Combine(_folder, "authority.crt");

    /// <summary>An authority that issued none of the certificates.</summary>
    public string OtherAuthority => Path.Combine(_folder, "other.crt");

    public string ServerCertificate => Path.Combine(_folder, "server.crt");

    public string ServerKey => Path.Combine(_folder, "server.key");

    public string ClientCertificate => Path.Combine(_folder, "client.crt");

    public string ClientKey => Path.Combine(_folder, "client.key");

    /// <summary>Returns the policy of a client that trusts the authority, and no other one.</summary>
    public X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(Authority));
        return policy;
    }

    private static DateTimeOffset Yesterday => TimeProvider.System.GetUtcNow().AddDays(-1);

    private static X509Certificate2 NewAuthority(ECDsa key, string name)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(Yesterday, Yesterday.AddDays(30));
    }

    private void Issue(
        X509Certificate2 authority, string name, byte serial, string certificateFile, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            authority, Yesterday, TimeProvider.System.GetUtcNow() + _validFor, [serial]);
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }
}
