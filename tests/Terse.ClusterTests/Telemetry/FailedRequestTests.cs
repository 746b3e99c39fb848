using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Opentelemetry.Proto.Trace.V1;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests of what three servers behind HAProxy send to a collector. One creation fails in the database.
/// </summary>
public sealed class FailedRequestTests
{
    private const string FailingCode = "failing";
    private const string Cause = "the test has broken this row";

    private const string BreakCreation =
        $"""
        CREATE FUNCTION break_row() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION '{Cause}'; END $$;
        CREATE TRIGGER break_row BEFORE INSERT ON link FOR EACH ROW
            WHEN (NEW.code = '{FailingCode}') EXECUTE FUNCTION break_row();
        """;

    [Fact]
    public async Task The_trace_id_of_a_failed_creation_leads_to_its_server_its_statement_and_its_cause()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var collector = await OtlpReceiver.StartAsync();
        await using var servers = await TracedServers.StartAsync(
            postgres, collector.HttpEndpoint, "http/protobuf");
        await CreateOnEachServerAsync(servers);
        await postgres.Primary.ExecuteAsync(BreakCreation);

        using var response = await CreateAsync(servers, FailingCode);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var traceId = await ReadTraceIdAsync(response);
        await CreateOnEachServerAsync(servers);
        await Eventually.IsTrueAsync(() => Task.FromResult(
            SpansOf(collector, traceId).Any(span => span.Span.Kind == Span.Types.SpanKind.Server)
            && LogsOf(collector, traceId).Any(entry => entry.Attributes.ContainsKey("exception.message"))));

        var spans = SpansOf(collector, traceId);
        var request = Assert.Single(spans, span => span.Span.Kind == Span.Types.SpanKind.Server);
        Assert.StartsWith("POST /api/v1/links", request.Span.Name, StringComparison.Ordinal);
        Assert.Equal("500", request.Attributes["http.response.status_code"]);
        Assert.True(request.HasFailed);
        AssertIsFromOneServer(request, spans, LogsOf(collector, traceId));

        var creation = Assert.Single(spans, span => span.Span.Name == "creation");
        Assert.Equal((request.Id, true), (creation.ParentId, creation.HasFailed));

        var statement = Assert.Single(
            spans, span => span.Span.Kind == Span.Types.SpanKind.Client && span.HasFailed);
        Assert.Contains(creation, AncestorsOf(statement, spans));
        Assert.Equal("127.0.0.1", statement.Attributes["server.address"]);
        Assert.Equal(
            postgres.Primary.Port.ToString(CultureInfo.InvariantCulture),
            statement.Attributes["server.port"]);

        var cause = Assert.Single(
            LogsOf(collector, traceId), entry => entry.Attributes.ContainsKey("exception.message"));
        Assert.Contains(Cause, cause.Attributes["exception.message"], StringComparison.Ordinal);
        Assert.Contains(cause.SpanId, spans.Select(span => span.Id));
    }

    [Fact]
    public async Task Spans_metrics_and_log_entries_of_all_servers_arrive_over_grpc()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var collector = await OtlpReceiver.StartAsync();
        await using var servers = await TracedServers.StartAsync(postgres, collector.GrpcEndpoint, "grpc");
        await CreateOnEachServerAsync(servers);

        foreach (var name in TracedServers.Zones.Keys)
        {
            await Eventually.IsTrueAsync(() => Task.FromResult(
                collector.Spans.Any(span => IsFrom(span.Server, name) && span.Span.Name == "creation")
                && collector.Metrics.Any(metric =>
                    IsFrom(metric.Server, name) && metric.Metric.Name == "terse.server.ready")));
        }

        await postgres.Primary.ExecuteAsync(BreakCreation);
        using var response = await CreateAsync(servers, FailingCode);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var traceId = await ReadTraceIdAsync(response);
        await Eventually.IsTrueAsync(() => Task.FromResult(LogsOf(collector, traceId).Count > 0));
        Assert.All(
            LogsOf(collector, traceId),
            entry => Assert.Contains(entry.Server["service.instance.id"], TracedServers.Zones.Keys));
    }

    private static async Task CreateOnEachServerAsync(TracedServers servers)
    {
        foreach (var _ in TracedServers.Zones)
        {
            using var created = await CreateAsync(servers, code: null);
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        }
    }

    private static Task<HttpResponseMessage> CreateAsync(TracedServers servers, string? code) =>
        servers.Http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative), new { target = "https://example.com/", code });

    /// <summary>Returns the trace id of an error, which the body and a header contain.</summary>
    private static async Task<string> ReadTraceIdAsync(HttpResponseMessage response)
    {
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        var traceId = problem.GetProperty("traceId").GetString()!;
        Assert.Equal(traceId, Assert.Single(response.Headers.GetValues("X-Trace-Id")));
        return traceId;
    }

    private static List<ReceivedSpan> SpansOf(OtlpReceiver collector, string traceId) =>
        [.. collector.Spans.Where(span => span.TraceId == traceId)];

    private static List<ReceivedLog> LogsOf(OtlpReceiver collector, string traceId) =>
        [.. collector.Logs.Where(entry => entry.TraceId == traceId)];

    private static bool IsFrom(IReadOnlyDictionary<string, string> server, string name) =>
        server["service.instance.id"] == name;

    private static void AssertIsFromOneServer(
        ReceivedSpan request, List<ReceivedSpan> spans, List<ReceivedLog> logs)
    {
        var name = request.Server["service.instance.id"];
        Assert.Equal(TracedServers.Zones[name], request.Server["cloud.availability_zone"]);
        Assert.All(spans, span => Assert.Equal(name, span.Server["service.instance.id"]));
        Assert.All(logs, entry => Assert.Equal(name, entry.Server["service.instance.id"]));
    }

    /// <summary>Returns the spans that contain a span.</summary>
    private static IEnumerable<ReceivedSpan> AncestorsOf(ReceivedSpan span, List<ReceivedSpan> spans)
    {
        for (var id = span.ParentId; spans.SingleOrDefault(other => other.Id == id) is { } parent;
            id = parent.ParentId)
        {
            yield return parent;
        }
    }
}
