namespace Terse.Hosting;

/// <summary>
/// A value of the shared configuration that names where a secret is, on each server:
/// <c>file:/run/secrets/codes</c>, <c>env:CODES_SECRET</c>, <c>credential:codes</c> for a credential that
/// systemd passes to the service, or the ARN of a secret in AWS Secrets Manager.
/// </summary>
internal static class SecretReference
{
    private const string OfFile = "file:";
    private const string OfVariable = "env:";
    private const string OfCredential = "credential:";

    /// <summary>The folder of credentials, see systemd.exec(5).</summary>
    private const string CredentialFolder = "CREDENTIALS_DIRECTORY";

    private const int MaxBytes = 64 * 1024;

    /// <summary>Whether a value is a reference.</summary>
    public static bool Is(string? value) => value is not null
        && (value.StartsWith(OfFile, StringComparison.Ordinal)
            || value.StartsWith(OfVariable, StringComparison.Ordinal)
            || value.StartsWith(OfCredential, StringComparison.Ordinal)
            || SecretArn.Is(value));

    /// <summary>Replaces all references among settings by the secrets.</summary>
    /// <exception cref="InvalidDataException">
    /// A secret cannot be read; the message names the setting.
    /// </exception>
    public static Dictionary<string, string?> ResolveAll(IReadOnlyDictionary<string, string?> settings)
    {
        var resolved = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (path, value) in settings)
            resolved[path] = Is(value) ? Resolve(path, value!) : value;
        return resolved;
    }

    /// <summary>
    /// Returns the settings without those whose secrets cannot be read, and the reasons why they cannot.
    /// </summary>
    public static (IReadOnlyDictionary<string, string?> Settings, IReadOnlyList<string> Missing) FindReadable(
        IReadOnlyDictionary<string, string?> settings)
    {
        var readable = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var missing = new List<string>();
        foreach (var (path, value) in settings)
        {
            try
            {
                if (Is(value))
                    Resolve(path, value!);
                readable[path] = value;
            }
            catch (InvalidDataException exception)
            {
                missing.Add(exception.Message);
            }
        }

        return (readable, missing);
    }

    private static string Resolve(string path, string reference)
    {
        if (SecretArn.Is(reference))
            return ReadArn(path, reference);
        var name = reference[(reference.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (name.Length == 0)
            throw new InvalidDataException($"{path} is '{reference}', which names no secret.");
        if (reference.StartsWith(OfVariable, StringComparison.Ordinal))
        {
            return Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
                ? value
                : throw new InvalidDataException(
                    $"{path} is '{reference}', but the environment variable {name} is not set.");
        }

        if (reference.StartsWith(OfFile, StringComparison.Ordinal))
            return ReadFile(path, reference, name);
        return Environment.GetEnvironmentVariable(CredentialFolder) is { Length: > 0 } folder
            && Path.GetFileName(name) == name
                ? ReadFile(path, reference, Path.Combine(folder, name))
                : throw new InvalidDataException(
                    $"{path} is '{reference}', but systemd passes no credential of this name; add "
                    + $"LoadCredential={name}:FILE to the unit.");
    }

    private static string ReadArn(string path, string reference)
    {
        if (SecretArn.TryParse(reference) is not { } secret)
        {
            throw new InvalidDataException($"{path} is '{reference}', which is no ARN of a secret; write it "
                + "like 'arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME', or add ':KEY'.");
        }

        try
        {
            // Settings are read without a thread to return to; the call ends after its time limit.
            return SecretsManager.ReadAsync(secret, TimeProvider.System).GetAwaiter().GetResult();
        }
        catch (SourceUnavailableException exception)
        {
            throw new InvalidDataException($"{path} is '{reference}'. {exception.Message}", exception);
        }
    }

    /// <summary>Reads the first line of a file, without the end of the line.</summary>
    private static string ReadFile(string path, string reference, string file)
    {
        try
        {
            var target = File.ResolveLinkTarget(file, returnFinalTarget: true) as FileInfo ?? new(file);
            if (target.Length is 0 or > MaxBytes) // A pipe, which could block the reader forever, has 0.
                throw new IOException($"it must have 1 to {MaxBytes} bytes");
            using var reader = new StreamReader(file);
            return reader.ReadLine() is { Length: > 0 } line ? line : throw new IOException("it is empty");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"{path} is '{reference}', but this file cannot be used: {exception.Message}", exception);
        }
    }
}
