namespace Terse.Hosting;

/// <summary>
/// Reads the identity of the machine from the metadata service of the cloud, beside the start of the server.
/// A machine without such a service costs nothing. Safe for use by any number of threads.
/// </summary>
internal sealed class CloudReading : IDisposable
{
    /// <summary>
    /// How long the read may take. Too short: the zone is missing in telemetry. Too long: a container that
    /// cannot reach the service starts late.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(200);

    private const string Document = "/latest/dynamic/instance-identity/document";

    private readonly Task<CloudMachine?> _reading;

    /// <summary>Begins the read.</summary>
    /// <param name="metadata">The service; null if the machine has none.</param>
    /// <param name="time">The clock of the limit.</param>
    public CloudReading(Ec2Metadata? metadata, TimeProvider time)
    {
        Metadata = metadata;
        _reading = metadata is null
            ? Task.FromResult<CloudMachine?>(null)
            : Task.Run(() => ReadAsync(metadata, time));
    }

    /// <summary>The metadata service; null if the machine has none.</summary>
    public Ec2Metadata? Metadata { get; }

    /// <summary>
    /// The machine; null if it is in no cloud, or if the service did not answer. Waits until the read ends,
    /// <see cref="Limit"/> after its begin at most.
    /// </summary>
    public CloudMachine? Machine => _reading.GetAwaiter().GetResult();

    /// <summary>Why the service could not be read; null if it could, or if there is none.</summary>
    public string? Problem { get; private set; }

    public void Dispose() => Metadata?.Dispose();

    private async Task<CloudMachine?> ReadAsync(Ec2Metadata metadata, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            if (await metadata.ReadAsync(Document, limit.Token) is { } document)
                return CloudMachine.Parse(document);
            Problem = "It has no identity document.";
        }
        catch (OperationCanceledException)
        {
            Problem = $"It gave no answer within {Limit.TotalMilliseconds} ms.";
        }
#pragma warning disable CA1031 // A server without the name of its zone can serve.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Problem = exception.Message;
        }

        return null;
    }
}
