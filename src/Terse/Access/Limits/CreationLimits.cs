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
    private readonly List<CreationLimit> _limits = [];
    private readonly LimitMetrics _metrics;

    public CreationLimits(IOptions<LimitOptions> options, LimitMetrics metrics, TimeProvider time)
    {
        _metrics = metrics;
        Add(LimitMetrics.CreationsPerKey, options.Value.CreationsPerKey, KeyOf);
        Add(
            LimitMetrics.CreationsPerAddress,
            options.Value.CreationsPerAddress,
            context => LimitedClient.OfAddress(ClientAddress.Of(context)));

        void Add(string name, int quota, Func<HttpContext, LimitedClient?> clientOf)
        {
            if (quota == 0)
                return;
            var table = new RateTable(quota, LimitSetup.Window, time);
            metrics.Observe(name, table);
            _limits.Add(new(name, table, clientOf));
        }
    }

    /// <summary>Counts a creation.</summary>
    /// <param name="context">The request.</param>
    /// <param name="wait">How long the client must wait, if the creation is refused.</param>
    /// <returns>Null if the creation is allowed.</returns>
    public Problem? Take(HttpContext context, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        for (var index = 0; index < _limits.Count; index++)
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

    private sealed record CreationLimit(
        string Name, RateTable Table, Func<HttpContext, LimitedClient?> ClientOf);
}
