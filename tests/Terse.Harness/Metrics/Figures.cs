using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Terse.Harness;

/// <summary>A meter factory for one test. Adds up all values that each counter reports.</summary>
internal sealed class Figures : IMeterFactory
{
    private readonly ConcurrentDictionary<string, long> _sums = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Meter> _meters = [];
    private readonly MeterListener _listener = new();

    public Figures()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
            _sums.AddOrUpdate(
                KeyOf(instrument, tags), count, (_, sum) => instrument.IsObservable ? count : sum + count));
        _listener.Start();
    }

    /// <summary>
    /// The sum of all values that a counter has reported. The counter is addressed by its name and tag
    /// values, for example <c>terse.lookups primary</c>.
    /// </summary>
    public long this[string counter] => _sums.GetValueOrDefault(counter);

    /// <summary>Reads the current value of an observable instrument and returns it.</summary>
    public long Observe(string instrument)
    {
        _listener.RecordObservableInstruments();
        return this[instrument];
    }

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(new MeterOptions(options.Name) { Scope = this });
        _meters.Add(meter);
        return meter;
    }

    public override string ToString() => string.Join(
        ", ", _sums.OrderBy(sum => sum.Key, StringComparer.Ordinal).Select(sum => $"{sum.Key}: {sum.Value}"));

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var meter in _meters)
            meter.Dispose();
    }

    private static string KeyOf(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = instrument.Name;
        foreach (var tag in tags)
            key += $" {tag.Value}";
        return key;
    }
}
