using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opentelemetry.Proto.Collector.Logs.V1;
using Opentelemetry.Proto.Collector.Metrics.V1;
using Opentelemetry.Proto.Collector.Trace.V1;

namespace Terse.Harness;

/// <summary>
/// A collector of OpenTelemetry in the test process. It receives OTLP
/// (https://opentelemetry.io/docs/specs/otlp/) on two ports of 127.0.0.1, one for HTTP with protobuf and one
/// for gRPC without TLS, and keeps what it receives. Safe for use by any number of threads.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private const string Protobuf = "application/x-protobuf";
    private const string Grpc = "application/grpc";

    /// <summary>Before a message, gRPC sends a flag for compression and the length in 4 bytes.</summary>
    private const int GrpcHeadBytes = 5;

    private readonly WebApplication _app;
    private readonly int _status;
    private readonly ConcurrentQueue<ReceivedSpan> _spans = [];
    private readonly ConcurrentQueue<ReceivedMetric> _metrics = [];
    private readonly ConcurrentQueue<ReceivedLog> _logs = [];

    private OtlpReceiver(int status)
    {
        _status = status;
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2);
        });
        _app = builder.Build();
        _app.Run(ReceiveAsync);
    }

    /// <summary>The value of OTEL_EXPORTER_OTLP_ENDPOINT for OTLP over HTTP.</summary>
    public string HttpEndpoint => _app.Urls.First();

    /// <summary>The value of OTEL_EXPORTER_OTLP_ENDPOINT for OTLP over gRPC.</summary>
    public string GrpcEndpoint => _app.Urls.Last();

    public IReadOnlyList<ReceivedSpan> Spans => [.. _spans];

    public IReadOnlyList<ReceivedMetric> Metrics => [.. _metrics];

    public IReadOnlyList<ReceivedLog> Logs => [.. _logs];

    /// <param name="status">
    /// The status of all responses. A receiver with another status than 200 keeps nothing.
    /// </param>
    public static async Task<OtlpReceiver> StartAsync(int status = StatusCodes.Status200OK)
    {
        var receiver = new OtlpReceiver(status);
        await receiver._app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        context.Response.StatusCode = _status;
        if (_status != StatusCodes.Status200OK)
            return;
        var isGrpc = context.Request.ContentType == Grpc;
        var message = await ReadAsync(context.Request.Body);
        if (!TryKeep(context.Request.Path, isGrpc ? message[GrpcHeadBytes..] : message))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        // An empty message means that everything was accepted.
        context.Response.ContentType = isGrpc ? Grpc : Protobuf;
        if (isGrpc)
        {
            await context.Response.Body.WriteAsync(new byte[GrpcHeadBytes]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }

    private static async Task<byte[]> ReadAsync(Stream body)
    {
        using var bytes = new MemoryStream();
        await body.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private bool TryKeep(string? path, byte[] message)
    {
        switch (path)
        {
            case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                Keep(ExportTraceServiceRequest.Parser.ParseFrom(message));
                return true;
            case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                Keep(ExportMetricsServiceRequest.Parser.ParseFrom(message));
                return true;
            case "/v1/logs" or "/opentelemetry.proto.collector.logs.v1.LogsService/Export":
                Keep(ExportLogsServiceRequest.Parser.ParseFrom(message));
                return true;
            default:
                return false;
        }
    }

    private void Keep(ExportTraceServiceRequest request)
    {
        foreach (var sender in request.ResourceSpans)
        {
            var server = Received.TextsOf(sender.Resource);
            foreach (var span in sender.ScopeSpans.SelectMany(scope => scope.Spans))
                _spans.Enqueue(new(server, span));
        }
    }

    private void Keep(ExportMetricsServiceRequest request)
    {
        foreach (var sender in request.ResourceMetrics)
        {
            var server = Received.TextsOf(sender.Resource);
            foreach (var metric in sender.ScopeMetrics.SelectMany(scope => scope.Metrics))
                _metrics.Enqueue(new(server, metric));
        }
    }

    private void Keep(ExportLogsServiceRequest request)
    {
        foreach (var sender in request.ResourceLogs)
        {
            var server = Received.TextsOf(sender.Resource);
            foreach (var entry in sender.ScopeLogs.SelectMany(scope => scope.LogRecords))
                _logs.Enqueue(new(server, entry));
        }
    }
}
