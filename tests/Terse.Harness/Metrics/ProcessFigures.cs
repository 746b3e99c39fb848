using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Terse.Harness;

/// <summary>
/// Reads the metrics of a Terse server process from a different process, ten times per second. Like
/// <c>dotnet-counters</c>, the class uses the diagnostics socket of the .NET runtime. A server that was
/// compiled ahead of time (Native AOT) has this socket too.
/// </summary>
internal sealed class ProcessFigures : IAsyncDisposable
{
    private const string Source = "System.Diagnostics.Metrics";

    /// <summary>
    /// The keyword that enables the events with metric values (MetricsEventSource.Keywords).
    /// </summary>
    private const long TimeSeriesValues = 2;

    private const int BufferMegabytes = 16;

    private readonly EventPipeSession _session;
    private readonly Task _reading;
    private FigureReading _next = new(DateTime.MaxValue);
    private FigureReading _last = new(DateTime.MinValue);

    private ProcessFigures(EventPipeSession session)
    {
        _session = session;
        _reading = Task.Factory.StartNew(
            ReadAll, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>
    /// Starts to read the metrics of a server. An observable counter, such as <c>terse.redirects</c>, yields
    /// its total since the start of the server. Any other counter, such as <c>terse.lookups</c>, yields its
    /// total since this call.
    /// </summary>
    public static async Task<ProcessFigures> OfAsync(TerseProcess server)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Metrics"] = "Terse",
            ["RefreshInterval"] = "0.1",
            ["MaxTimeSeries"] = "1000",
            ["MaxHistograms"] = "10",
        };
        var provider = new EventPipeProvider(
            Source, EventLevel.Informational, TimeSeriesValues, arguments);
        return new(await new DiagnosticsClient(server.Id).StartEventPipeSessionAsync(
            provider, requestRundown: false, BufferMegabytes, default));
    }

    /// <summary>Waits for a reading that began after this call, and returns it.</summary>
    public async Task<FigureReading> ReadAsync()
    {
        var begin = TimeProvider.System.GetUtcNow().UtcDateTime;
        await Eventually.IsTrueAsync(async () =>
        {
            if (_reading.IsFaulted)
                await _reading;
            return Volatile.Read(ref _last).Begin > begin;
        });
        return Volatile.Read(ref _last);
    }

    /// <summary>
    /// Waits until an instrument has this value, and returns the reading that contains the value.
    /// </summary>
    public async Task<FigureReading> WaitForAsync(string instrument, long value)
    {
        var reading = _last;
        await Eventually.IsTrueAsync(async () => (reading = await ReadAsync()).HasValue(instrument, value));
        return reading;
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        // Reading may fail here, because the session is disposed. WhenAny ignores this failure.
        await Task.WhenAny(_reading);
    }

    private void ReadAll()
    {
        using var events = new EventPipeEventSource(_session.EventStream);
        events.Dynamic.AddCallbackForProviderEvent(Source, eventName: null, Receive);
        events.Process();
    }

    private void Receive(TraceEvent data)
    {
        switch (data.EventName)
        {
            case "Collection/Start":
                _next = new(((DateTime)data.PayloadByName("intervalStartTime")).ToUniversalTime());
                break;
            case "Collection/Stop":
                Volatile.Write(ref _last, _next);
                break;
            case "GaugeValuePublished":
                Add(data, "lastValue");
                break;
            case "CounterRateValuePublished" or "UpDownCounterRateValuePublished":
                Add(data, "value");
                break;
        }
    }

    /// <summary>
    /// Adds a value without its fraction, which only durations in seconds have. The value is empty if the
    /// instrument measured nothing this time.
    /// </summary>
    private void Add(TraceEvent data, string field)
    {
        if ((string)data.PayloadByName(field) is not { Length: > 0 } value)
            return;
        _next.Add(
            (string)data.PayloadByName("instrumentName"),
            (string)data.PayloadByName("tags"),
            (long)double.Parse(value, CultureInfo.InvariantCulture));
    }
}

/// <summary>The values of all instruments of a server, from one reading.</summary>
/// <param name="begin">The time at which the reading began, in UTC.</param>
internal sealed class FigureReading(DateTime begin)
{
    private readonly Dictionary<string, long> _values = new(StringComparer.Ordinal);

    public DateTime Begin => begin;

    /// <summary>
    /// The value of an instrument, addressed by the instrument's name and tag values, for example
    /// <c>terse.redirects followed</c>. The value is 0 if the instrument reported nothing.
    /// </summary>
    public long this[string instrument] => _values.GetValueOrDefault(instrument);

    /// <summary>
    /// Returns true if the instrument reported exactly this value. An instrument that reported nothing does
    /// not match the value 0.
    /// </summary>
    public bool HasValue(string instrument, long value) =>
        _values.TryGetValue(instrument, out var reported) && reported == value;

    /// <param name="instrument">The name of the instrument, without tags.</param>
    /// <param name="tags">The tags in the format <c>name=value,name=value</c>.</param>
    /// <param name="value">The value that the instrument reported.</param>
    public void Add(string instrument, string tags, long value)
    {
        var values = tags.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(tag => " " + tag[(tag.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        _values[instrument + string.Concat(values)] = value;
    }

    public override string ToString() => string.Join(
        ", ",
        _values.OrderBy(value => value.Key, StringComparer.Ordinal)
            .Select(value => $"{value.Key}: {value.Value}"));
}
