namespace Terse.Hosting;

/// <summary>
/// Where the servers of an installation find their shared configuration: one document, its earlier versions,
/// and while a change is tried on some servers, the trial. Safe for use by any number of threads.
/// </summary>
/// <param name="store">Contains the document.</param>
/// <param name="name">The name of the document in <paramref name="store"/>.</param>
internal sealed class ConfigSource(IObjectStore store, string name)
{
    private string VersionPrefix => $"{name}.versions/";

    private string TrialName => $"{name}.trial";

    /// <summary>The path or URL of the document, for people.</summary>
    public string Description => store.Describe(name);

    /// <summary>Reads the document that is published; null if there is none.</summary>
    /// <exception cref="SourceUnavailableException">The document cannot be read.</exception>
    public async Task<PublishedDocument?> ReadAsync(CancellationToken cancellationToken) =>
        await store.ReadAsync(name, knownTag: null, cancellationToken) is { Content: { } content } stored
            ? new(content, stored.Tag, stored.ModifiedAt)
            : null;

    /// <summary>
    /// Replaces the published document, if it is still the one that the caller has read. The replaced
    /// document is kept among the versions first, so no document is lost, also one that an editor wrote.
    /// </summary>
    /// <param name="content">The new document.</param>
    /// <param name="replaced">What the caller has read; null if there was no document.</param>
    /// <param name="cancellationToken">Cancels the wait; the document may still be replaced.</param>
    /// <returns>False if another document has been published meanwhile.</returns>
    /// <exception cref="SourceUnavailableException">
    /// It is unknown whether the document was published.
    /// </exception>
    public async Task<bool> PublishAsync(
        byte[] content, PublishedDocument? replaced, CancellationToken cancellationToken)
    {
        if (replaced is not null)
            await KeepAsync(replaced, cancellationToken);
        return await store.WriteAsync(name, content, replaced?.Tag, cancellationToken);
    }

    /// <summary>Lists the documents that were replaced, the newest first.</summary>
    /// <exception cref="SourceUnavailableException">The versions cannot be listed.</exception>
    public async Task<IReadOnlyList<KeptVersion>> ListVersionsAsync(CancellationToken cancellationToken) =>
    [
        .. from kept in await store.ListAsync(VersionPrefix, cancellationToken)
           let version = KeptVersion.Parse(kept, VersionPrefix)
           where version is not null
           orderby version.PublishedAt descending
           select version
    ];

    /// <summary>Reads a document that was replaced.</summary>
    /// <exception cref="SourceUnavailableException">The version cannot be read.</exception>
    public async Task<byte[]> ReadVersionAsync(KeptVersion version, CancellationToken cancellationToken) =>
        await store.ReadAsync(version.Name, knownTag: null, cancellationToken) is { Content: { } content }
            ? content
            : throw new SourceUnavailableException($"{store.Describe(version.Name)} does not exist.");

    /// <summary>Reads the trial; null if there is none.</summary>
    /// <exception cref="SourceUnavailableException">The trial cannot be read.</exception>
    public Task<StoredObject?> ReadTrialAsync(string? knownTag, CancellationToken cancellationToken) =>
        store.ReadAsync(TrialName, knownTag, cancellationToken);

    /// <inheritdoc cref="IObjectStore.ReadAsync"/>
    public Task<StoredObject?> ReadIfChangedAsync(string? knownTag, CancellationToken cancellationToken) =>
        store.ReadAsync(name, knownTag, cancellationToken);

    /// <summary>Begins a trial, if there is none.</summary>
    /// <returns>False if there is a trial already.</returns>
    /// <exception cref="SourceUnavailableException">It is unknown whether the trial has begun.</exception>
    public Task<bool> BeginTrialAsync(byte[] trial, CancellationToken cancellationToken) =>
        store.WriteAsync(TrialName, trial, replacedTag: null, cancellationToken);

    /// <summary>Ends the trial. Does nothing if there is none.</summary>
    /// <exception cref="SourceUnavailableException">It is unknown whether the trial has ended.</exception>
    public Task EndTrialAsync(CancellationToken cancellationToken) =>
        store.DeleteAsync(TrialName, cancellationToken);

    /// <summary>Keeps a document; does nothing if it is kept already.</summary>
    private Task<bool> KeepAsync(PublishedDocument document, CancellationToken cancellationToken) =>
        store.WriteAsync(
            KeptVersion.NameOf(document, VersionPrefix),
            document.Content,
            replacedTag: null,
            cancellationToken);
}

/// <summary>The document as the source has it, parsable or not.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="Tag">What a conditional write must name.</param>
/// <param name="PublishedAt">When the source got it.</param>
internal sealed record PublishedDocument(byte[] Content, string Tag, DateTimeOffset PublishedAt)
{
    /// <inheritdoc cref="ConfigDocument.VersionOf"/>
    public string Version => ConfigDocument.VersionOf(Content);
}
