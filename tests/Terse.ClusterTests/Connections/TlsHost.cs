using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>A PostgreSQL server that accepts only TLS, and the files that its clients need.</summary>
public sealed class TlsHost : IAsyncLifetime
{
    internal TemporaryFolder Folder { get; } = new();

    internal TestCertificates Certificates { get; private set; } = null!;

    internal PostgresCluster Postgres { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Certificates = new TestCertificates(Folder.Path);
        Postgres = await PostgresCluster.StartAsync(replicas: 0);
        await Postgres.Primary.RequireTlsAsync(Certificates);
        await File.WriteAllTextAsync(Folder["password"], PostgresServer.Password);
        await File.WriteAllTextAsync(Folder["wrong"], "another password");
    }

    public async ValueTask DisposeAsync()
    {
        await Postgres.DisposeAsync();
        Folder.Dispose();
    }
}
