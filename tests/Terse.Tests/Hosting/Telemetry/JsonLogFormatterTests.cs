using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class JsonLogFormatterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_entry_is_one_line_with_its_values_and_the_server()
    {
        var entry = Write("The node {Node} has {Share} of {Name}.", 3, 0.25, "a\nb\"c");

        Assert.Equal("2026-11-27T12:00:00.000Z", entry.GetProperty("time").GetString());
        Assert.Equal("warning", entry.GetProperty("level").GetString());
        Assert.Equal("Terse.Tests", entry.GetProperty("category").GetString());
        Assert.Equal(7, entry.GetProperty("event.id").GetInt32());
        Assert.Equal("LogTest", entry.GetProperty("event.name").GetString());
        Assert.Equal("The node 3 has 0.25 of a\nb\"c.", entry.GetProperty("message").GetString());
        Assert.Equal(
            """{"Node":3,"Share":0.25,"Name":"a\nb\"c"}""", entry.GetProperty("values").GetRawText());
        Assert.Equal("terse", entry.GetProperty("service.name").GetString());
        Assert.Equal("web-1", entry.GetProperty("service.instance.id").GetString());
        Assert.Equal("eu-1a", entry.GetProperty("cloud.availability_zone").GetString());
        Assert.Equal(Server.Version, entry.GetProperty("service.version").GetString());
        Assert.Equal(12, entry.GetProperty("terse.configuration.hash").GetString()!.Length);
        Assert.Equal("5", entry.GetProperty("terse.node").GetString());
        Assert.False(entry.TryGetProperty("trace_id", out _));
    }

    [Fact]
    public void An_entry_of_a_request_has_its_trace_and_its_span()
    {
        using var activity = new Activity("request").Start();

        var entry = Write("Hello.");

        Assert.Equal(activity.TraceId.ToHexString(), entry.GetProperty("trace_id").GetString());
        Assert.Equal(activity.SpanId.ToHexString(), entry.GetProperty("span_id").GetString());
    }

    [Fact]
    public void An_exception_has_its_type_its_message_and_its_stack()
    {
        var entry = Write(new InvalidOperationException("lost"), "Failed.");

        Assert.Equal("System.InvalidOperationException", entry.GetProperty("exception.type").GetString());
        Assert.Equal("lost", entry.GetProperty("exception.message").GetString());
        Assert.Contains(
            "lost", entry.GetProperty("exception.stacktrace").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_text_is_cut()
    {
        var entry = Write("{Text}", new string('x', 100_000));

        Assert.Equal(JsonLogFormatter.MaxText + 1, entry.GetProperty("message").GetString()!.Length);
        Assert.EndsWith(
            "x…", entry.GetProperty("values").GetProperty("Text").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_with_half_of_a_surrogate_pair_is_written()
    {
        var entry = Write("{Text}", "a\uD800b");

        Assert.Equal("a\uFFFDb", entry.GetProperty("message").GetString());
    }

    private static JsonElement Write(string message, params object?[] values) =>
        Write(exception: null, message, values);

    private static JsonElement Write(Exception? exception, string message, params object?[] values)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            [new("Server:Name", "web-1"), new("Server:Zone", "eu-1a")]).Build();
        using var cloud = new CloudReading(metadata: null, TimeProvider.System);
        var identity = new ServerIdentity(configuration, [], cloud);
        identity.ObserveNode(() => 5);
        using var output = new StringWriter();
        var log = new FormattingLogger(new JsonLogFormatter(identity, new FakeTime(Noon)), output);
#pragma warning disable CA1848, CA2254 // The templates are constants of the tests.
        log.Log(LogLevel.Warning, new EventId(7, "LogTest"), exception, message, values);
#pragma warning restore CA1848, CA2254
        var text = output.ToString();
        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        return JsonElement.Parse(text);
    }

    private sealed class FormattingLogger(JsonLogFormatter formatter, TextWriter output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter1) =>
            formatter.Write(
                new LogEntry<TState>(logLevel, "Terse.Tests", eventId, state, exception, formatter1),
                scopeProvider: null,
                output);
    }
}
