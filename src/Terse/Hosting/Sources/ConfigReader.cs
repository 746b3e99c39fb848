namespace Terse.Hosting;

/// <summary>
/// Reads the document for one server: the trial if it names this server, otherwise the published document.
/// Remembers what it has read, so that an unchanged document is not sent again. Not safe for use by several
/// threads at once.
/// </summary>
internal sealed class ConfigReader(ConfigSource source, string server)
{
    private StoredObject? _trial;
    private StoredObject? _published;

    /// <summary>Reads the document that this server should use.</summary>
    /// <exception cref="SourceUnavailableException">
    /// The source cannot be read, or has no document.
    /// </exception>
    public async Task<ReadDocument> ReadAsync(CancellationToken cancellationToken)
    {
        _trial = Merge(_trial, await source.ReadTrialAsync(_trial?.Tag, cancellationToken));
        if (_trial?.Content is { } bytes && ConfigTrial.Parse(bytes) is { } trial
            && trial.Servers.Contains(server, StringComparer.Ordinal))
        {
            return new(trial.Content, IsTrial: true);
        }

        _published = Merge(
            _published, await source.ReadIfChangedAsync(_published?.Tag, cancellationToken));
        return _published?.Content is { } content
            ? new(content, IsTrial: false)
            : throw new SourceUnavailableException($"{source.Description} does not exist.");
    }

    private static StoredObject? Merge(StoredObject? known, StoredObject? read) =>
        read is { Content: null } ? known : read;
}

/// <param name="Content">The bytes of the document, which may be wrong.</param>
/// <param name="IsTrial">Whether only some servers try this document.</param>
internal sealed record ReadDocument(byte[] Content, bool IsTrial);
