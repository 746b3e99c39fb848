using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Tests.Web;

public sealed class TraceIdTests : IAsyncLifetime
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Caller = $"00-{Trace}-b7ad6b7169203331-01";

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/nobody")]
    [InlineData("/api/v1/links/nobody")]
    [InlineData("/api/v1/nowhere")]
    [InlineData("/health/ready?for=fun")]
    public async Task A_problem_has_the_trace_id_of_its_header(string path)
    {
        using var answer = await _server.GetAsync(path);

        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(TraceOf(answer), problem.GetProperty("traceId").GetString());
        Assert.Matches("^[0-9a-f]{32}$", TraceOf(answer));
    }

    [Fact]
    public async Task An_error_page_shows_the_trace_id_of_its_header()
    {
        using var answer = await _server.GetAsync("/nobody", accept: "text/html");

        Assert.Contains(
            TraceOf(answer), await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_of_the_API_continues_the_trace_of_its_caller()
    {
        using var answer = await SendAsync("/api/v1/links");

        Assert.Equal((HttpStatusCode.OK, Trace), (answer.StatusCode, TraceOf(answer)));
    }

    /// <summary>Everybody can follow a link, so nobody may choose under which id it is recorded.</summary>
    [Fact]
    public async Task A_request_for_a_code_begins_a_trace_of_its_own()
    {
        using var answer = await SendAsync("/nobody");

        Assert.NotEqual(Trace, TraceOf(answer));
    }

    [Fact]
    public async Task A_success_has_a_trace_id_too()
    {
        using var created = await _server.CreateAsync("https://example.com/", "sale");

        Assert.Matches("^[0-9a-f]{32}$", TraceOf(created));
    }

    private async Task<HttpResponseMessage> SendAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Add("traceparent", Caller);
        return await _server.Http.SendAsync(request);
    }

    private static string TraceOf(HttpResponseMessage answer) =>
        Assert.Single(answer.Headers.GetValues("X-Trace-Id"));
}
