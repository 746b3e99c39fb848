using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Decides which redirects leave a trace (<see cref="TelemetryOptions.RedirectTraceShare"/>), before anything
/// is created for the others. Safe for use by any number of threads.
/// </summary>
internal sealed class RedirectSampler(IOptionsMonitor<TelemetryOptions> options)
{
    public bool Next() =>
        Telemetry.Spans.HasListeners() && Chance.Take(options.CurrentValue.RedirectTraceShare);
}
