using Microsoft.Extensions.Options;

namespace Terse.Storage;

/// <summary>Where a Terse server stores its files. Configuration section <c>Storage</c>.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    public static readonly string[] SettingNames = [nameof(Folder)];

    /// <summary>
    /// The folder of the server's files, such as the SQLite file <c>terse.db</c>. Terse creates the folder if
    /// it does not exist. A relative path starts at the working directory. Default: <c>data</c>. Use a local
    /// disk, because SQLite's file locks are unreliable on network shares.
    /// </summary>
    public string Folder { get; set; } = "data";
}

internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Folder))
        {
            return ValidateOptionsResult.Fail(
                "Storage:Folder is empty; name the folder of the links, such as 'data'.");
        }

        return File.Exists(options.Folder)
            ? ValidateOptionsResult.Fail(
                $"Storage:Folder is '{options.Folder}', which is a file; name a folder.")
            : ValidateOptionsResult.Success;
    }
}
