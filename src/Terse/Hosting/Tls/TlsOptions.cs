using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Names the certificate of the addresses that begin with <c>https</c>. The settings are in the section
/// <c>Tls</c>.
/// </summary>
internal sealed class TlsOptions
{
    public const string Section = "Tls";

    public static readonly string[] SettingNames =
        [nameof(CertificateFile), nameof(KeyFile), nameof(PasswordFile)];

    /// <summary>
    /// A file in PEM with the certificate of the server, followed by the intermediate certificates of its
    /// authority; or a PKCS#12 file (<c>.pfx</c>, <c>.p12</c>), which also contains the key. Default: none.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>
    /// The private key in PEM. Default: none, so that the file of the certificate contains it.
    /// </summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// A file whose first line is the password of the key or of the PKCS#12 file. Default: none, for files
    /// without a password.
    /// </summary>
    public string? PasswordFile { get; set; }
}

internal sealed class TlsOptionsValidator(TimeProvider time) : IValidateOptions<TlsOptions>
{
    public ValidateOptionsResult Validate(string? name, TlsOptions options)
    {
        if (options.CertificateFile is null)
        {
            return options is { KeyFile: null, PasswordFile: null }
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(
                    "Tls:CertificateFile is missing; set it, or remove the section Tls.");
        }

        if (options.KeyFile is not null && TlsFiles.IsPkcs12(options.CertificateFile))
        {
            return ValidateOptionsResult.Fail(
                "Tls:KeyFile is set, but a PKCS#12 file contains the key; remove it.");
        }

        try
        {
            _ = TlsFiles.Read(options).Load(time.GetUtcNow(), mayBeExpired: true);
            return ValidateOptionsResult.Success;
        }
        catch (InvalidDataException exception)
        {
            return ValidateOptionsResult.Fail($"Tls:CertificateFile: {exception.Message}");
        }
    }
}
