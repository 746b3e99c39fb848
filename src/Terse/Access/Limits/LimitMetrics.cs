using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Access;

/// <summary>Metrics of limits. docs/metrics.md describes them.</summary>
internal sealed class LimitMetrics
{
    public const string CreationsPerKey = "creations-per-key";
    public const string CreationsPerAddress = "creations-per-address";
    public const string FailedKeys = "failed-keys-per-address";

    public const string PasswordTries = "password-tries";

    private const string Limit = "terse.limit";

    private readonly Meter _meter;
    private readonly Counter<long> _refused;

    public LimitMetrics(IMeterFactory meters)
    {
        _meter = Telemetry.MeterOf(meters);
        _refused = _meter.CreateCounter<long>(
            "terse.limits.refused", "{request}", "Requests that a limit refused");
        foreach (var limit in (string[])[CreationsPerKey, CreationsPerAddress, FailedKeys, PasswordTries])
            _refused.Add(0, new KeyValuePair<string, object?>(Limit, limit));
    }

    public void CountRefused(string limit) =>
        _refused.Add(1, new KeyValuePair<string, object?>(Limit, limit));

    /// <summary>Measures how many clients a limit remembers.</summary>
    public void Observe(string limit, RateTable table) => _meter.CreateObservableUpDownCounter(
        "terse.limits.clients",
        () => new Measurement<int>(table.Clients, new KeyValuePair<string, object?>(Limit, limit)),
        "{client}",
        "Clients that a limit remembers");
}
