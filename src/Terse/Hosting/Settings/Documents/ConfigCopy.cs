namespace Terse.Hosting;

/// <summary>
/// The copy of the last good document on the disk of this server. It has references in place of secrets, like
/// the document. A rename replaces the copy, so it is never half written.
/// </summary>
/// <param name="folder">The folder of this server's files.</param>
internal sealed class ConfigCopy(string folder)
{
    private const string FileName = "shared-configuration.json";

    public string Path { get; } = System.IO.Path.Combine(folder, FileName);

    /// <summary>Reads the copy; null if there is none.</summary>
    /// <exception cref="InvalidDataException">The copy cannot be read, or is damaged.</exception>
    public ConfigDocument? Read()
    {
        try
        {
            return File.Exists(Path) ? ConfigDocument.Parse(File.ReadAllBytes(Path)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(exception.Message, exception);
        }
    }

    /// <exception cref="IOException">The copy cannot be written; the old copy is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Write(ConfigDocument document)
    {
        OwnFiles.CreateFolder(folder);
        var unfinished = Path + ".unfinished";
        try
        {
            File.Delete(unfinished);
            OwnFiles.CreateFile(unfinished);
            using (var file = new FileStream(unfinished, FileMode.Truncate, FileAccess.Write))
            {
                file.Write(document.Content);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, Path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
