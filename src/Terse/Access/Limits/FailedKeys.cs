using System.Net;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Access;

/// <summary>
/// Limits how many wrong API keys an address sends, so that invented keys cause few lookups. A key is counted
/// before it is looked up, and taken back if it is right. Safe for use by any number of threads.
/// </summary>
internal sealed class FailedKeys
{
    private readonly RateTable _table;
    private readonly LimitMetrics _metrics;

    public FailedKeys(IOptionsMonitor<LimitOptions> options, LimitMetrics metrics, TimeProvider time)
    {
        _metrics = metrics;
        _table = new(options.CurrentValue.FailedKeysPerAddress, LimitSetup.Window, time);
        options.OnChange(latest => _table.SetQuota(latest.FailedKeysPerAddress));
        metrics.Observe(LimitMetrics.FailedKeys, _table);
    }

    /// <summary>Counts a key that must be looked up.</summary>
    /// <param name="address">The address of the client (<see cref="ClientAddress"/>).</param>
    /// <param name="wait">How long the client must wait, if it has no tries left.</param>
    /// <returns>False if the key must not be looked up, and the answer is <see cref="Explain"/>.</returns>
    public bool TryAcquire(IPAddress? address, out TimeSpan wait)
    {
        var isTaken = _table.TryTake(LimitedClient.OfAddress(address), out var state);
        wait = state.Wait;
        if (!isTaken)
            _metrics.CountRefused(LimitMetrics.FailedKeys);
        return isTaken;
    }

    /// <summary>Takes a try back, because the key was right or could not be looked up.</summary>
    public void TakeBack(IPAddress? address) => _table.TakeBack(LimitedClient.OfAddress(address));

    /// <summary>Returns the error for a client without tries, and writes the response's headers.</summary>
    public Problem Explain(HttpContext context, TimeSpan wait)
    {
        var state = _table.Read(LimitedClient.OfAddress(ClientAddress.Of(context)));
        LimitProblems.WriteHeaders(
            context.Response, LimitMetrics.FailedKeys, _table.Quota, _table.Window, state);
        LimitProblems.WriteRetryAfter(context.Response, wait);
        return LimitProblems.Of(_table, wait, "wrong API keys");
    }
}
