using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Terse.Hosting;

/// <summary>
/// Writes each log entry as one line with one JSON object. docs/logs.md describes the fields. Safe for use by
/// any number of threads.
/// </summary>
internal sealed class JsonLogFormatter(ServerIdentity identity, TimeProvider time)
    : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "terse-json";

    /// <summary>
    /// The maximum number of characters of a text. A longer text is cut, because collectors limit lines to
    /// 16 KiB and more.
    /// </summary>
    public const int MaxText = 2048;

    private const int MaxStack = 8192;

    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // The lines are never part of a page.
        SkipValidation = true,
    };

    private static readonly string[] LevelNames =
        ["trace", "debug", "information", "warning", "error", "critical", "none"];

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <inheritdoc/>
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = _buffer ??= new();
        buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().ToString(TimeFormat, CultureInfo.InvariantCulture));
            json.WriteString("level", LevelNames[(int)logEntry.LogLevel]);
            json.WriteString("category", logEntry.Category);
            json.WriteNumber("event.id", logEntry.EventId.Id);
            if (logEntry.EventId.Name is { } name)
                json.WriteString("event.name", name);
            json.WriteString("message", Cut(logEntry.Formatter(logEntry.State, logEntry.Exception)));
            if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
                WriteValues(json, values);
            if (logEntry.Exception is { } exception)
                WriteException(json, exception);
            WriteContext(json);
            json.WriteEndObject();
        }

        textWriter.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        textWriter.Write('\n');
    }

    private static void WriteValues(
        Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        json.WriteStartObject("values");
        foreach (var (name, value) in values)
        {
            if (name != "{OriginalFormat}")
                WriteValue(json, name, value);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int or long or short or byte:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            case TimeSpan duration:
                json.WriteString(name, duration.ToString("c", CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteString(name, Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
                break;
        }
    }

    private static void WriteException(Utf8JsonWriter json, Exception exception)
    {
        json.WriteString("exception.type", exception.GetType().FullName);
        json.WriteString("exception.message", Cut(exception.Message));
        json.WriteString("exception.stacktrace", Cut(exception.ToString(), MaxStack));
    }

    private void WriteContext(Utf8JsonWriter json)
    {
        if (Activity.Current is { } activity)
        {
            json.WriteString("trace_id", activity.TraceId.ToHexString());
            json.WriteString("span_id", activity.SpanId.ToHexString());
        }

        foreach (var (name, value) in identity.Attributes)
            json.WriteString(name, value);
        json.WriteString(ServerIdentity.HashAttribute, identity.ConfigurationHash);
        if (identity.Node is { } node)
            json.WriteString("terse.node", node);
    }

    private static string Cut(string text, int max = MaxText) =>
        text.Length <= max ? text : text[..max] + "…";
}
