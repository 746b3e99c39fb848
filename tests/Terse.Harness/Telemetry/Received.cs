using System.Globalization;
using Opentelemetry.Proto.Common.V1;
using Opentelemetry.Proto.Logs.V1;
using Opentelemetry.Proto.Resource.V1;
using Opentelemetry.Proto.Trace.V1;

namespace Terse.Harness;

/// <summary>A span that a server has sent.</summary>
/// <param name="Server">The attributes of the resource, such as <c>service.instance.id</c>.</param>
/// <param name="Span">The span.</param>
internal sealed record ReceivedSpan(IReadOnlyDictionary<string, string> Server, Span Span)
{
    public IReadOnlyDictionary<string, string> Attributes { get; } = Received.TextsOf(Span.Attributes);

    public string TraceId => Received.HexOf(Span.TraceId);

    public string Id => Received.HexOf(Span.SpanId);

    /// <summary>The id of the span that contains this span; empty for a span without a parent.</summary>
    public string ParentId => Received.HexOf(Span.ParentSpanId);

    public bool HasFailed => Span.Status?.Code == Status.Types.StatusCode.Error;

    public override string ToString() =>
        $"span {Span.Name} ({Span.Kind}) {Received.TextOf(Attributes)} of {Received.TextOf(Server)}";
}

/// <summary>A log entry that a server has sent.</summary>
/// <param name="Server">The attributes of the resource.</param>
/// <param name="Entry">The entry.</param>
internal sealed record ReceivedLog(IReadOnlyDictionary<string, string> Server, LogRecord Entry)
{
    public IReadOnlyDictionary<string, string> Attributes { get; } = Received.TextsOf(Entry.Attributes);

    public string TraceId => Received.HexOf(Entry.TraceId);

    public string SpanId => Received.HexOf(Entry.SpanId);

    public string Message => Received.TextOf(Entry.Body);

    public override string ToString() =>
        $"log entry '{Message}' ({Entry.SeverityNumber}) {Received.TextOf(Attributes)} of "
        + Received.TextOf(Server);
}

/// <summary>A metric with its present values that a server has sent.</summary>
/// <param name="Server">The attributes of the resource.</param>
/// <param name="Metric">The metric.</param>
internal sealed record ReceivedMetric(
    IReadOnlyDictionary<string, string> Server, Opentelemetry.Proto.Metrics.V1.Metric Metric);

/// <summary>Converts values of OTLP to text.</summary>
internal static class Received
{
    public static IReadOnlyDictionary<string, string> TextsOf(Resource resource) =>
        TextsOf(resource.Attributes);

    public static IReadOnlyDictionary<string, string> TextsOf(IEnumerable<KeyValue> attributes) =>
        attributes.ToDictionary(
            attribute => attribute.Key, attribute => TextOf(attribute.Value), StringComparer.Ordinal);

    public static string HexOf(Google.Protobuf.ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    public static string TextOf(IReadOnlyDictionary<string, string> attributes) =>
        string.Join(", ", attributes.Select(attribute => $"{attribute.Key}={attribute.Value}"));

    public static string TextOf(AnyValue? value) => value?.ValueCase switch
    {
        null or AnyValue.ValueOneofCase.None => "",
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue.ToString(CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
