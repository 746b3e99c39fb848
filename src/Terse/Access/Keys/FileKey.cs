namespace Terse.Access;

/// <summary>The key in <see cref="AccessOptions.AdminKeyFile"/>, which is read once, at the start.</summary>
internal sealed partial class FileKey(ApiKey? key)
{
    /// <summary>The key; null without a file.</summary>
    public ApiKey? Key => key;

    public static FileKey Read(AccessOptions options, ILogger<FileKey> logger)
    {
        if (options.ReadAdminKey(out var isOpenToOthers).Key is not { } text)
            return new(key: null);
        if (isOpenToOthers)
            LogOpenToOthers(logger, options.AdminKeyFile!);
        return new(new ApiKey(text.Id, AccessOptions.AdminKeyName, Role.Admin, KeyScope.All, text.Hash()));
    }

    [LoggerMessage(
        902,
        LogLevel.Warning,
        "Other users of this machine can read or change the file of Access:AdminKeyFile; run 'chmod 600 "
        + "{File}' as its owner, and replace the key if someone may have read it.")]
    private static partial void LogOpenToOthers(ILogger logger, string file);
}
