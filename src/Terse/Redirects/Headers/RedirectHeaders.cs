using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Terse.Redirects;

/// <summary>
/// The <c>Cache-Control</c> headers of redirects, which follow the settings while the server runs. Safe for
/// use by any number of threads.
/// </summary>
internal sealed class RedirectHeaders(IOptionsMonitor<RedirectOptions> options)
{
    /// <summary>Returns the header for a redirect with this status.</summary>
    public StringValues CacheControlOf(int status) =>
        status is StatusCodes.Status301MovedPermanently or StatusCodes.Status308PermanentRedirect
            ? options.CurrentValue.PermanentCacheControl
            : options.CurrentValue.CacheControl;
}
