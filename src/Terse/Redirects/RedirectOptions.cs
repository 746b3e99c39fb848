using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;

namespace Terse.Redirects;

/// <summary>
/// Sets the headers of redirect responses. The settings are in the section <c>Redirects</c>.
/// </summary>
internal sealed class RedirectOptions
{
    public const string Section = "Redirects";

    public static readonly string[] SettingNames = [nameof(CacheControl)];

    /// <summary>
    /// The value of the <c>Cache-Control</c> header of a redirect. Default: <c>no-store</c>. If the value
    /// contains a lifetime, such as <c>private, max-age=90</c>, a browser repeats the redirect from its own
    /// cache during the lifetime. Terse does not count the visits that the browser answers itself, and the
    /// browser follows a changed target only after the lifetime.
    /// </summary>
    public string CacheControl { get; set; } = "no-store";
}

internal sealed class RedirectOptionsValidator : IValidateOptions<RedirectOptions>
{
    public ValidateOptionsResult Validate(string? name, RedirectOptions options) =>
        options.CacheControl.Length > 0
            && Ascii.IsValid(options.CacheControl)
            && CacheControlHeaderValue.TryParse(options.CacheControl, out _)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Redirects:CacheControl is '{options.CacheControl}', which is not a valid Cache-Control "
                + "header; set it to a value such as 'no-store' or 'private, max-age=90'.");
}
