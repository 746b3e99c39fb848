namespace Terse.Hosting;

/// <summary>Finds the source that the setting <c>Config:Source</c> names.</summary>
internal static class ConfigSources
{
    private const string S3 = "s3://";

    /// <summary>Returns null if the setting is empty, so that there is no shared configuration.</summary>
    /// <exception cref="StartupException">The options are wrong.</exception>
    public static ConfigSource? Find(ConfigOptions options, TimeProvider time)
    {
        var check = new ConfigOptionsValidator().Validate(name: null, options);
        if (check.Failed)
            throw new StartupException(check.FailureMessage);
        if (string.IsNullOrEmpty(options.Source))
            return null;
        if (TryReadS3(options.Source, out var bucket, out var key))
        {
            var slash = key.LastIndexOf('/') + 1;
#pragma warning disable CA2000 // Lives as long as the process.
            return new(new S3Objects(bucket, key[..slash], options, time), key[slash..]);
#pragma warning restore CA2000
        }

        var path = Path.GetFullPath(options.Source);
        return new(new FileObjects(Path.GetDirectoryName(path)!, time), Path.GetFileName(path));
    }

    /// <summary>Whether a text names an object of S3.</summary>
    public static bool IsS3(string source) => source.StartsWith(S3, StringComparison.Ordinal);

    /// <summary>Splits <c>s3://bucket/key</c>.</summary>
    public static bool TryReadS3(string source, out string bucket, out string key)
    {
        (bucket, key) = ("", "");
        if (!IsS3(source) || source[S3.Length..].Split('/', 2) is not [{ Length: > 0 } first, var rest])
            return false;
        (bucket, key) = (first, rest);
        return rest.Length > 0 && rest[^1] != '/';
    }
}
