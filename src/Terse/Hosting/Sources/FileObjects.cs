using System.Security.Cryptography;

namespace Terse.Hosting;

/// <summary>
/// Objects as files of one folder, for example on a mount that all servers share. A file is replaced by a
/// rename, so a reader finds either the old or the new contents. Commands that write wait for each other at a
/// lock file; an editor that ignores it is noticed by the changed contents.
/// </summary>
/// <param name="folder">The folder; the first write creates it.</param>
/// <param name="time">The clock for waits.</param>
internal sealed class FileObjects(string folder, TimeProvider time) : IObjectStore
{
    private const string LockSuffix = ".lock";
    private const string UnfinishedMark = ".unfinished-";

    /// <summary>
    /// The maximum number of calls that wait for the file system, so that a mount that hangs blocks no more
    /// threads.
    /// </summary>
    private const int MaxCalls = 16;

    /// <summary>How often a link is followed whose file is missing.</summary>
    private const int MaxTries = 5;

    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(50);

    private int _calls;

    /// <inheritdoc/>
    public string Describe(string name) => Path.Combine(folder, name);

    /// <inheritdoc/>
    public Task<StoredObject?> ReadAsync(
        string name, string? knownTag, CancellationToken cancellationToken) =>
        RunAsync(name, token => ReadFileAsync(name, knownTag, token), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WriteAsync(
        string name, byte[] content, string? replacedTag, CancellationToken cancellationToken) =>
        RunAsync(name, async token =>
        {
            var path = Describe(name);
            if (File.Exists(path))
                path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var held = await LockAsync(path + LockSuffix, token);
            var present = await ReadFileAsync(name, knownTag: null, token);
            if (present?.Tag != replacedTag)
                return false;
            var unfinished = path + UnfinishedMark + Path.GetRandomFileName();
            try
            {
                await WriteToDiskAsync(unfinished, content, token);
                if (present is not null && !OperatingSystem.IsWindows())
                    File.SetUnixFileMode(unfinished, File.GetUnixFileMode(path));
                File.Move(unfinished, path, overwrite: true);
            }
            catch
            {
                File.Delete(unfinished);
                throw;
            }

            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(name, _ =>
        {
            if (File.Exists(Describe(name))) // Else its folder may be missing, which is an error for Delete.
                File.Delete(Describe(name));
            return Task.FromResult(true);
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyList<string>>(prefix, _ =>
        {
            var parent = Path.Combine(folder, Path.GetDirectoryName(prefix) ?? "");
            string[] names = Directory.Exists(parent)
                ?
                [
                    .. Directory.GetFiles(parent)
                        .Select(path => Path.GetRelativePath(folder, path))
                        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)
                            && !name.EndsWith(LockSuffix, StringComparison.Ordinal)
                            && !name.Contains(UnfinishedMark, StringComparison.Ordinal))
                        .Order(StringComparer.Ordinal)
                ]
                : [];
            return Task.FromResult<IReadOnlyList<string>>(names);
        }, cancellationToken);

    /// <summary>
    /// Reads a file. Kubernetes mounts a document as a link through a second link to a folder. An update
    /// leads the second link to a new folder, and deletes the old one. A read at that moment finds no file,
    /// so it follows the links again.
    /// </summary>
    private async Task<StoredObject?> ReadFileAsync(
        string name, string? knownTag, CancellationToken cancellationToken)
    {
        var path = Describe(name);
        for (var tries = 1; ; tries++)
        {
            var isLast = tries == MaxTries || new FileInfo(path).LinkTarget is null;
            try
            {
                var stored = await ReadPathAsync(path, knownTag, cancellationToken);
                if (stored is not null || isLast)
                    return stored;
            }
            catch (Exception exception) when (
                !isLast && exception is (FileNotFoundException or DirectoryNotFoundException))
            {
                // The next try reads the new folder.
            }
        }
    }

    private static async Task<StoredObject?> ReadPathAsync(
        string path, string? knownTag, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
            throw new IOException("it is a folder");
        if (!File.Exists(path))
            return null;
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        if (target.Length == 0) // A pipe, which could block the reader forever, has no length either.
            return new StoredObject(TagOf([]), [], new(target.LastWriteTimeUtc));
        await using var file = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 4096,
            useAsync: true);
        if (file.Length > IObjectStore.MaxBytes)
            throw new IOException($"it has more than {IObjectStore.MaxBytes} bytes");
        var content = new byte[file.Length];
        var length = await file.ReadAtLeastAsync(
            content, content.Length, throwOnEndOfStream: false, cancellationToken);
        content = content[..length]; // Somebody may have truncated the file.
        var tag = TagOf(content);
        return new StoredObject(
            tag, tag == knownTag ? null : content, new(File.GetLastWriteTimeUtc(file.SafeFileHandle)));
    }

    private static string TagOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static async Task WriteToDiskAsync(
        string path, byte[] content, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(
            path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 4096, useAsync: true);
        await file.WriteAsync(content, cancellationToken);
        await file.FlushAsync(cancellationToken);
        RandomAccess.FlushToDisk(file.SafeFileHandle);
    }

    /// <summary>Waits until no other process holds the lock, and takes it.</summary>
    private async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(LockRetry, time, cancellationToken);
            }
        }
    }

    private Task<T> RunAsync<T>(
        string name, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        ObjectStoreCall.RunAsync(
            Describe(name),
            token => CountAsync(work, token),
            exception => exception is UnauthorizedAccessException,
            time,
            cancellationToken);

    /// <summary>Runs a call, unless too many earlier calls have not returned.</summary>
    private async Task<T> CountAsync<T>(
        Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return Interlocked.Increment(ref _calls) <= MaxCalls
                ? await work(cancellationToken)
                : throw new IOException("earlier calls have not returned");
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }
    }
}
