namespace Terse.Hosting;

/// <summary>The shared configuration with which a server starts.</summary>
/// <param name="Document">The document.</param>
/// <param name="Home">Where it comes from; null for a document that is only validated.</param>
/// <param name="Problem">
/// Why <paramref name="Document"/> is the copy and not the document in the source; null if it is not.
/// </param>
internal sealed record ConfigStart(ConfigDocument Document, ConfigHome? Home = null, string? Problem = null);

/// <summary>Where a server finds the shared configuration.</summary>
/// <param name="Source">The document that all servers share.</param>
/// <param name="Copy">The copy of the last good document on the disk of this server.</param>
internal sealed record ConfigHome(ConfigSource Source, ConfigCopy Copy);

/// <summary>
/// Finds a document with which the server can start: that of the source, or the copy of the last good one if
/// the source is down or has a wrong document. A server without a copy does not start then.
/// </summary>
internal sealed class ConfigStarter(ConfigHome home)
{
    /// <summary>Builds something with a document.</summary>
    /// <param name="build">
    /// Builds it, and throws <see cref="StartupException"/> if the document is wrong.
    /// </param>
    /// <param name="cancellationToken">Cancels the read of the source.</param>
    /// <exception cref="StartupException">No document can be used.</exception>
    public async Task<T> BuildAsync<T>(
        Func<ConfigStart, T> build, CancellationToken cancellationToken)
    {
        var (source, copy) = home;
        string problem;
        string? error = null;
        try
        {
            // The watcher uses a trial for this server later, so that a wrong trial prevents no start.
            var published = await source.ReadAsync(cancellationToken)
                ?? throw new SourceUnavailableException($"{source.Description} does not exist.");
            return build(new(ConfigDocument.Parse(published.Content), home));
        }
        catch (SourceUnavailableException exception)
        {
            problem = exception.Message;
        }
#pragma warning disable CA1031 // The copy is tried, whatever is wrong with the document.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            error = exception.Message;
            problem = $"The configuration in {source.Description} is wrong. {error}";
        }

        ConfigDocument kept;
        try
        {
            kept = copy.Read() ?? throw new InvalidDataException("It does not exist.");
        }
        catch (InvalidDataException exception)
        {
            throw new StartupException(
                $"{problem}{Environment.NewLine}A server starts without it only from a copy of the last good "
                + $"configuration, and {copy.Path} cannot be used. {exception.Message}",
                exception);
        }

        try
        {
            return build(new(kept, home, problem));
        }
        catch (StartupException exception) when (exception.Message != error)
        {
            throw new StartupException(
                $"{problem}{Environment.NewLine}With the copy of the last good configuration, {copy.Path}: "
                + exception.Message,
                exception);
        }
    }
}
