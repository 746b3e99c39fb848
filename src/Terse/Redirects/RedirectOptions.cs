using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;

namespace Terse.Redirects;

/// <summary>How a redirect is answered. Section <c>Redirects</c>.</summary>
internal sealed class RedirectOptions
{
    public const string Section = "Redirects";

    public static readonly string[] SettingNames = [nameof(CacheControl)];

    /// <summary>
    /// The <c>Cache-Control</c> of a redirect. Default: <c>no-store</c>. With a longer life, such as
    /// <c>private, max-age=90</c>, browsers come back less often: their visits are not counted, and a change
    /// of the target reaches them that much later.
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
                $"Redirects:CacheControl is '{options.CacheControl}', which is no Cache-Control header; "
                + "write it like 'no-store' or 'private, max-age=90'.");
}
