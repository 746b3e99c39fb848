using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Access;

/// <summary>Who may use the API. Configuration section <c>Access</c>.</summary>
internal sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>The name of the key in <see cref="AdminKeyFile"/>.</summary>
    public const string AdminKeyName = Section + ":" + nameof(AdminKeyFile);

    /// <summary>The value of <see cref="Anonymous"/> that lets people begin without a key.</summary>
    public const string Loopback = "loopback";

    public static readonly string[] SettingNames =
        [nameof(Anonymous), nameof(AdminKeyFile), nameof(AuditAddresses)];

    /// <summary>
    /// Who may use the API without a key: <c>never</c>, or <c>loopback</c> for programs on the same machine
    /// until the first key exists. Default: <c>never</c>.
    /// </summary>
    public string Anonymous { get; set; } = "never";

    /// <summary>
    /// The path of a file whose first line is a key with the role admin, such as
    /// <c>terse access generate</c> prints. The key works on this server as long as the file is set, and
    /// until a key with the same id is revoked. Read at the start. Default: no file.
    /// </summary>
    public string? AdminKeyFile { get; set; }

    /// <summary>
    /// Whether the audit keeps the addresses of the clients that make changes. Default: false.
    /// </summary>
    public bool AuditAddresses { get; set; }

    /// <summary>Reads the text of the key in <see cref="AdminKeyFile"/>.</summary>
    /// <param name="isOpenToOthers">Whether users other than its owner can read or change the file.</param>
    /// <returns>The key, or why there is none; both are null without a file.</returns>
    public (KeyText? Key, string? Error) ReadAdminKey(out bool isOpenToOthers)
    {
        isOpenToOthers = false;
        if (AdminKeyFile is not { } file)
            return default;
        try
        {
            using var stream = File.OpenRead(file);
            isOpenToOthers = OwnFiles.AreOpenToOthers(stream.SafeFileHandle);
            using var reader = new StreamReader(stream);
            return KeyText.TryParse(reader.ReadLine()?.Trim(), out var key)
                ? (key, null)
                : (null, $"Access:AdminKeyFile is '{file}', whose first line is not a key; write the output "
                    + "of 'terse access generate' to it.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, $"Access:AdminKeyFile is '{file}', which cannot be read: {exception.Message}");
        }
    }
}

internal sealed class AccessOptionsValidator : IValidateOptions<AccessOptions>
{
    public ValidateOptionsResult Validate(string? name, AccessOptions options)
    {
        var errors = new List<string>();
        if (options.Anonymous is not ("never" or AccessOptions.Loopback))
        {
            errors.Add($"Access:Anonymous is '{options.Anonymous}'; set it to 'never' or 'loopback'.");
        }

        if (options.ReadAdminKey(out _).Error is { } error)
            errors.Add(error);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
