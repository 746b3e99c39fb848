using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Access;

/// <summary>
/// Limits how many links an address and an API key create. Each attempt counts, and each item of a batch that
/// creates a link. Safe for use by any number of threads.
/// </summary>
internal sealed class CreationLimits
{
    private readonly CreationLimit[] _limits;
    private readonly LimitMetrics _metrics;

    public CreationLimits(IOptionsMonitor<LimitOptions> options, LimitMetrics metrics, TimeProvider time)
    {
        _metrics = metrics;
        _limits =
        [
            new(LimitMetrics.CreationsPerKey, limits => limits.CreationsPerKey, KeyOf, time),
            new(
                LimitMetrics.CreationsPerAddress,
                limits => limits.CreationsPerAddress,
                context => LimitedClient.OfAddress(ClientAddress.Of(context)),
                time),
        ];
        foreach (var limit in _limits)
        {
            options.OnChange(limit.Apply);
            limit.Apply(options.CurrentValue);
            metrics.Observe(limit.Name, limit.Table);
        }
    }

    /// <summary>Counts a creation.</summary>
    /// <param name="context">The request.</param>
    /// <param name="wait">How long the client must wait, if the creation is refused.</param>
    /// <returns>Null if the creation is allowed.</returns>
    public Problem? Take(HttpContext context, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        for (var index = 0; index < _limits.Length; index++)
        {
            var limit = _limits[index];
            if (limit.ClientOf(context) is not { } client || limit.Table.TryTake(client, out var state))
                continue;
            for (var earlier = 0; earlier < index; earlier++)
            {
                if (_limits[earlier].ClientOf(context) is { } other)
                    _limits[earlier].Table.TakeBack(other);
            }

            _metrics.CountRefused(limit.Name);
            wait = state.Wait;
            return LimitProblems.Of(limit.Table, state.Wait, "links");
        }

        return null;
    }

    /// <summary>
    /// Writes what the client has left (draft-ietf-httpapi-ratelimit-headers-10); nothing without a limit.
    /// </summary>
    public void WriteHeaders(HttpContext context)
    {
        foreach (var limit in _limits)
        {
            if (limit.ClientOf(context) is not { } client)
                continue;
            var (table, state) = (limit.Table, limit.Table.Read(client));
            LimitProblems.WriteHeaders(context.Response, limit.Name, table.Quota, table.Window, state);
        }
    }

    private static LimitedClient? KeyOf(HttpContext context) =>
        Caller.Of(context).KeyId is { } id ? LimitedClient.OfKey(id) : null;

    /// <summary>One limit, which the settings can change and turn off while the server runs.</summary>
    private sealed class CreationLimit(
        string name,
        Func<LimitOptions, int> quotaOf,
        Func<HttpContext, LimitedClient?> clientOf,
        TimeProvider time)
    {
        private volatile bool _isOn;

        public string Name => name;

        public RateTable Table { get; } = new(quota: 1, LimitSetup.Window, time);

        /// <summary>Returns null if the limit does not apply to the request.</summary>
        public LimitedClient? ClientOf(HttpContext context) => _isOn ? clientOf(context) : null;

        public void Apply(LimitOptions options)
        {
            var quota = quotaOf(options);
            if (quota > 0)
                Table.SetQuota(quota);
            _isOn = quota > 0;
        }
    }
}
