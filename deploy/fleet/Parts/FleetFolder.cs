namespace Terse.FleetTool;

/// <summary>The folder with all files of a fleet.</summary>
internal sealed class FleetFolder(string path)
{
    public string Path { get; } = path;

    /// <summary>The lock of the command that changes the fleet.</summary>
    public string Lock => this["lock"];

    public string Layout => this["layout"];

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string LogOf(string part) => this[$"log/{part}.log"];

    /// <summary>The file that notes the process of a part.</summary>
    public string NoteOf(string part) => this[$"run/{part}.pid"];

    /// <summary>Returns an exception with a message and the end of the log of a part.</summary>
    public FleetException Failure(string part, string what)
    {
        var log = LogOf(part);
        var lines = File.Exists(log) ? File.ReadLines(log).TakeLast(15).Select(line => $"\n    {line}") : [];
        return new($"{part} {what}. The end of {log}:{string.Concat(lines)}");
    }

    /// <summary>
    /// Takes the lock until the result is disposed, because only one command at a time may change a fleet.
    /// Returns null if another command has the lock.
    /// </summary>
    public IDisposable? TryTakeLock()
    {
        try
        {
            return new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
