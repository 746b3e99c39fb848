using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Terse.Redirects;

/// <summary>
/// The <c>Cache-Control</c> headers of redirects, which follow the settings while the server runs. Safe for
/// use by any number of threads.
/// </summary>
internal sealed class RedirectHeaders
{
    private Values _values;

    public RedirectHeaders(IOptionsMonitor<RedirectOptions> options)
    {
        _values = new(options.CurrentValue);
        options.OnChange(latest => Volatile.Write(ref _values, new(latest)));
    }

    /// <summary>Returns the header for a redirect with this status.</summary>
    public StringValues CacheControlOf(int status)
    {
        var values = Volatile.Read(ref _values);
        return status is StatusCodes.Status301MovedPermanently or StatusCodes.Status308PermanentRedirect
            ? values.Permanent
            : values.Temporary;
    }

    private sealed class Values(RedirectOptions options)
    {
        public readonly StringValues Temporary = options.CacheControl;
        public readonly StringValues Permanent = options.PermanentCacheControl;
    }
}
