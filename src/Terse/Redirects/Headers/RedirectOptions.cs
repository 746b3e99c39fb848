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

    public static readonly string[] SettingNames = [nameof(CacheControl), nameof(PermanentCacheControl)];

    /// <summary>
    /// The value of the <c>Cache-Control</c> header of a redirect. Default: <c>no-store</c>. If the value
    /// contains a lifetime, such as <c>private, max-age=90</c>, a browser repeats the redirect from its own
    /// cache during the lifetime. Terse does not count the visits that the browser answers itself, and the
    /// browser follows a changed target only after the lifetime.
    /// </summary>
    public string CacheControl { get; set; } = "no-store";

    /// <summary>
    /// The value of the <c>Cache-Control</c> header of a permanent redirect (status 301 or 308). Default:
    /// <c>private, max-age=90</c>. Without a lifetime, browsers keep a permanent redirect for ever and never
    /// see a changed target.
    /// </summary>
    public string PermanentCacheControl { get; set; } = "private, max-age=90";
}

internal sealed class RedirectOptionsValidator : IValidateOptions<RedirectOptions>
{
    public ValidateOptionsResult Validate(string? name, RedirectOptions options)
    {
        string[] errors =
        [
            .. Check(nameof(options.CacheControl), options.CacheControl),
            .. Check(nameof(options.PermanentCacheControl), options.PermanentCacheControl),
        ];
        return errors.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> Check(string setting, string? value)
    {
        if (value is { Length: > 0 }
            && Ascii.IsValid(value)
            && CacheControlHeaderValue.TryParse(value, out _))
        {
            yield break;
        }

        yield return $"Redirects:{setting} is '{value}', which is not a valid Cache-Control header; set it "
            + "to a value such as 'no-store' or 'private, max-age=90'.";
    }
}
