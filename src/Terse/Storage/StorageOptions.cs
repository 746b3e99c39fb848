using Microsoft.Extensions.Options;

namespace Terse.Storage;

/// <summary>Where links are kept. Section <c>Storage</c>.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    public static readonly string[] SettingNames = [nameof(Folder)];

    /// <summary>
    /// The folder of the SQLite file <c>terse.db</c>; made where it does not exist. Relative to the working
    /// folder. Default: <c>data</c>. Put it on a local disk: SQLite's locks do not hold on network shares.
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
