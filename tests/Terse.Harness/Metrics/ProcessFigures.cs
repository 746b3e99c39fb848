using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Terse.Harness;

/// <summary>
/// The values of a server's instruments, read from outside as <c>dotnet-counters</c> does: through the
/// diagnostics socket of the .NET runtime, ten times a second. Native programs have this socket as well.
/// </summary>
internal sealed class ProcessFigures : IAsyncDisposable
{
    private const string Source = "System.Diagnostics.Metrics";

    /// <summary>The keyword of the event source for instrument values.</summary>
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
    /// Starts to read. Observable counters, such as <c>terse.redirects</c>, give their sum since the start of
    /// the server; other counters, such as <c>terse.lookups</c>, give their sum since this call.
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

    /// <summary>Returns values that were measured after this call.</summary>
    public async Task<FigureReading> ReadAsync()
    {
        var begin = TimeProvider.System.GetUtcNow().UtcDateTime;
        await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref _last).Begin > begin));
        return Volatile.Read(ref _last);
    }

    /// <summary>Waits until an instrument has this value, and returns all values of that reading.</summary>
    public async Task<FigureReading> WaitForAsync(string instrument, long value)
    {
        var reading = _last;
        await Eventually.IsTrueAsync(async () => (reading = await ReadAsync()).HasValue(instrument, value));
        return reading;
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await Task.WhenAny(_reading); // The result of the reader does not matter.
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

    private void Add(TraceEvent data, string field) => _next.Add(
        (string)data.PayloadByName("instrumentName"),
        (string)data.PayloadByName("tags"),
        long.Parse((string)data.PayloadByName(field), CultureInfo.InvariantCulture));
}

/// <summary>The values of the instruments of a server at one time.</summary>
/// <param name="begin">All values were read after this time.</param>
internal sealed class FigureReading(DateTime begin)
{
    private readonly Dictionary<string, long> _values = new(StringComparer.Ordinal);

    public DateTime Begin => begin;

    /// <summary>
    /// A value by instrument name and tags, for example <c>terse.redirects followed</c>; 0 if it was not
    /// reported.
    /// </summary>
    public long this[string instrument] => _values.GetValueOrDefault(instrument);

    /// <summary>
    /// Whether an instrument reported this value. An instrument that reported nothing does not have the value
    /// 0.
    /// </summary>
    public bool HasValue(string instrument, long value) =>
        _values.TryGetValue(instrument, out var reported) && reported == value;

    /// <param name="instrument">The name of the instrument.</param>
    /// <param name="tags">The tags in the form <c>name=value,name=value</c>.</param>
    /// <param name="value">The reported value.</param>
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
