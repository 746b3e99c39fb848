using System.Net;
using Microsoft.Extensions.Options;

namespace Terse.Web;

/// <summary>
/// Configures who may reach the API, and what browsers may do with its answers. The settings are in the
/// section <c>Web</c>.
/// </summary>
internal sealed class WebOptions
{
    public const string Section = "Web";

    public const string AnyOrigin = "*";

    public static readonly string[] SettingNames =
        [nameof(Host), nameof(CorsOrigins) + ":0", nameof(DetailsFor) + ":0", nameof(HstsFor)];

    /// <summary>
    /// The host of the API, such as <c>app.example.com</c>, or its port on all addresses, such as
    /// <c>*:9000</c>. Requests for the API that are sent elsewhere are answered like unknown codes. Default:
    /// none, so that the API is on all hosts and ports.
    /// </summary>
    public string? Host { get; set; }

    /// <summary>
    /// The origins whose pages may use the API, such as <c>https://app.example.com</c>, or <c>*</c> for all.
    /// Default: none, so that browsers keep the answers of the API from the pages of other origins.
    /// </summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = [];

    /// <summary>
    /// The networks whose clients see why the server is not ready. Other clients only see that it is not
    /// ready. Default: the loopback addresses of this machine.
    /// </summary>
    public IReadOnlyList<string> DetailsFor { get; set; } = [];

    /// <summary>
    /// How long browsers use only https for the host of a page or an answer that they got with https: 0 to
    /// 730 days. Default: 30 days. With 0, browsers may use http again at once.
    /// </summary>
    public TimeSpan HstsFor { get; set; } = TimeSpan.FromDays(30);
}

internal sealed class WebOptionsValidator : IValidateOptions<WebOptions>
{
    private static readonly TimeSpan MaxHsts = TimeSpan.FromDays(730);

    public ValidateOptionsResult Validate(string? name, WebOptions options)
    {
        var errors = new List<string>();
        if (options.Host is not null && !WebHost.TryParse(options.Host, out _))
        {
            errors.Add(
                $"Web:Host is '{options.Host}'; set it to a host such as 'app.example.com', or to a port "
                + "such as '*:9000'.");
        }

        errors.AddRange(options.CorsOrigins.Where(origin => !IsOrigin(origin)).Select(origin =>
            $"Web:CorsOrigins contains '{origin}'; write an origin such as 'https://app.example.com', or "
            + "'*'."));
        errors.AddRange(options.DetailsFor.Where(network => !IPNetwork.TryParse(network, out _))
            .Select(network =>
                $"Web:DetailsFor contains '{network}'; write a network such as '10.0.0.0/8' or '::1/128'."));
        if (options.HstsFor < TimeSpan.Zero || options.HstsFor > MaxHsts)
        {
            errors.Add($"Web:HstsFor is {options.HstsFor}; set a duration from 00:00:00 to {MaxHsts}.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    /// <summary>Whether a browser can send this text as the header <c>Origin</c>.</summary>
    private static bool IsOrigin(string text) => text == WebOptions.AnyOrigin
        || (Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase));
}
