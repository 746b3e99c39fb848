namespace Terse.Hosting;

/// <summary>
/// Small objects with names, such as files of a folder or objects of an S3 bucket. Each write is whole or not
/// at all, and conditional: it replaces exactly the contents that the caller has read.
/// </summary>
internal interface IObjectStore
{
    /// <summary>The maximum size of an object.</summary>
    const int MaxBytes = 1024 * 1024;

    /// <summary>The time limit of one call.</summary>
    static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>The path or URL of an object, for people.</summary>
    string Describe(string name);

    /// <summary>Reads an object.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="knownTag">The tag of the contents that the caller has; null for none.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>
    /// The object; without contents if they still have the known tag. Null if the object does not exist.
    /// </returns>
    /// <exception cref="SourceUnavailableException">The object cannot be read.</exception>
    Task<StoredObject?> ReadAsync(string name, string? knownTag, CancellationToken cancellationToken);

    /// <summary>Writes an object if nobody else has changed it.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="content">The new contents.</param>
    /// <param name="replacedTag">
    /// The tag of the contents that the caller has read; null if the object did not exist.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; the object may still be written.</param>
    /// <returns>False if the object has other contents; nothing is written then.</returns>
    /// <exception cref="SourceUnavailableException">It is unknown whether the object was written.</exception>
    Task<bool> WriteAsync(
        string name, byte[] content, string? replacedTag, CancellationToken cancellationToken);

    /// <summary>Deletes an object. Does nothing if it does not exist.</summary>
    /// <exception cref="SourceUnavailableException">It is unknown whether the object was deleted.</exception>
    Task DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>Lists the names of the objects that begin with a text, in the order of characters.</summary>
    /// <exception cref="SourceUnavailableException">The objects cannot be listed.</exception>
    Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken);
}

/// <param name="Tag">Changes with the contents: the entity tag in S3, or the hash of a file.</param>
/// <param name="Content">The contents; null if the caller has them already.</param>
/// <param name="ModifiedAt">When the contents were written.</param>
internal sealed record StoredObject(string Tag, byte[]? Content, DateTimeOffset ModifiedAt);
