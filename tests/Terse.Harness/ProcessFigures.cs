using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Terse.Harness;

/// <summary>
/// What a server's instruments say, read from outside as <c>dotnet-counters</c> does: the runtime of each
/// .NET process hands it out to who asks on its socket, here ten times a second.
/// </summary>
internal sealed class ProcessFigures : IAsyncDisposable
{
    private const string Source = "System.Diagnostics.Metrics";

    /// <summary>The source's keyword for what instruments say.</summary>
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
            TakeAll, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>
    /// Begins to read. Counters that are asked, such as <c>terse.redirects</c>, tell all since the server's
    /// start, and the others, such as <c>terse.lookups</c>, what they counted from now on.
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

    /// <summary>What the instruments say after this call.</summary>
    public async Task<FigureReading> ReadAsync()
    {
        var asked = TimeProvider.System.GetUtcNow().UtcDateTime;
        await Eventually.IsSoAsync(() => Task.FromResult(Volatile.Read(ref _last).Begin > asked));
        return Volatile.Read(ref _last);
    }

    /// <summary>Waits until an instrument says this, and returns what all say then.</summary>
    public async Task<FigureReading> WaitForAsync(string instrument, long value)
    {
        var reading = _last;
        await Eventually.IsSoAsync(async () => (reading = await ReadAsync()).Says(instrument, value));
        return reading;
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await Task.WhenAny(_reading); // However it ends.
    }

    private void TakeAll()
    {
        using var events = new EventPipeEventSource(_session.EventStream);
        events.Dynamic.AddCallbackForProviderEvent(Source, eventName: null, Take);
        events.Process();
    }

    private void Take(TraceEvent data)
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

/// <summary>What the instruments of a server said at a time.</summary>
/// <param name="begin">All of it was read after this.</param>
internal sealed class FigureReading(DateTime begin)
{
    private readonly Dictionary<string, long> _values = new(StringComparer.Ordinal);

    public DateTime Begin => begin;

    /// <summary>
    /// By name and attributes, <c>terse.redirects followed</c>; 0 where an instrument has said nothing.
    /// </summary>
    public long this[string instrument] => _values.GetValueOrDefault(instrument);

    /// <summary>Whether an instrument has said this; one that has said nothing, has not said 0.</summary>
    public bool Says(string instrument, long value) =>
        _values.TryGetValue(instrument, out var said) && said == value;

    /// <param name="instrument">Its name.</param>
    /// <param name="tags">As they come: <c>name=value,name=value</c>.</param>
    /// <param name="value">What it says.</param>
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
