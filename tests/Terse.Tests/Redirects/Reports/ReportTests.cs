using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Terse.Links;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class ReportTests : IAsyncLifetime
{
    private const string Root = "/api/v1/reports";
    private const string Target = "https://example.com/target";
    private const string Json = "application/json";
    private const string Form = "application/x-www-form-urlencoded";

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TerseServer.StartAsync(("Codes:AllowSlash", "true"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_report_is_listed_with_its_link_and_disables_it_in_one_step()
    {
        await _server.CreateCodeAsync(Target, "phish");
        using var followed = await _server.GetAsync("/phish");
        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);

        using var sent = await ReportAsync("/phish", """{"reason": "asks for my password"}""", Json);
        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        var report = Assert.Single(await ListAsync());
        Assert.Equal(1, report.GetProperty("count").GetInt32());
        Assert.Equal(["asks for my password"], ReasonsOf(report));
        Assert.EndsWith("/phish", report.GetProperty("shortUrl").GetString(), StringComparison.Ordinal);
        Assert.Equal(Target, report.GetProperty("link").GetProperty("target").GetString());

        using var disabled = await AnswerAsync(report, "disable");

        Assert.Equal(HttpStatusCode.NoContent, disabled.StatusCode);
        using var after = await _server.GetAsync("/phish");
        Assert.Equal(HttpStatusCode.NotFound, after.StatusCode);
        Assert.Empty(await ListAsync());
        using var again = await AnswerAsync(report, "disable");
        await ProblemAssert.AssertProblemAsync(again, HttpStatusCode.NotFound, "report-not-found", "id");
    }

    [Fact]
    public async Task A_closed_report_leaves_the_link_as_it_is()
    {
        await _server.CreateCodeAsync(Target, "good");
        (await ReportAsync("/good")).Dispose();

        using var closed = await AnswerAsync(Assert.Single(await ListAsync()), "close");

        Assert.Equal(HttpStatusCode.NoContent, closed.StatusCode);
        Assert.Empty(await ListAsync());
        using var followed = await _server.GetAsync("/good");
        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
    }

    [Theory]
    [InlineData(Form, "reason=a%0D%0Ab+%EA%B5%AC", "a\r\nb \uad6c")]
    [InlineData(Form, "reason=", null)]
    [InlineData(Form, "other=1", null)]
    [InlineData(Form, "", null)]
    [InlineData(Json, "{}", null)]
    [InlineData(null, "", null)]
    public async Task A_report_is_a_form_or_JSON_with_an_optional_reason(
        string? type, string body, string? reason)
    {
        await _server.CreateCodeAsync(Target, "a/b");

        using var sent = await ReportAsync("/a/b", body, type);

        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        Assert.Equal(reason is null ? [] : [reason], ReasonsOf(Assert.Single(await ListAsync())));
    }

    [Theory]
    [InlineData("""{"reason": 1}""", Json, HttpStatusCode.BadRequest, "request-malformed", "reason")]
    [InlineData("""{"reason": "a\u0000"}""", Json, HttpStatusCode.BadRequest, "field-invalid", "reason")]
    [InlineData("reason=%00", Form, HttpStatusCode.BadRequest, "field-invalid", "reason")]
    [InlineData("reason", "text/plain", HttpStatusCode.UnsupportedMediaType, "media-type-unsupported", null)]
    public async Task A_wrong_report_is_refused(
        string body, string type, HttpStatusCode status, string problem, string? field)
    {
        await _server.CreateCodeAsync(Target, "code");

        using var response = await ReportAsync("/code", body, type);

        await ProblemAssert.AssertProblemAsync(response, status, problem, field);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task A_reason_has_at_most_1000_characters()
    {
        await _server.CreateCodeAsync(Target, "code");
        var reason = new string('r', LinkReport.MaxReason);

        using var longest = await ReportAsync("/code", "reason=" + reason, Form);
        using var tooLong = await ReportAsync("/code", "reason=r" + reason, Form);

        Assert.Equal(HttpStatusCode.Accepted, longest.StatusCode);
        await ProblemAssert.AssertProblemAsync(
            tooLong, HttpStatusCode.BadRequest, "field-invalid", "reason");
    }

    [Fact]
    public async Task A_browser_gets_a_form_on_the_preview_page_and_thanks()
    {
        await _server.CreateCodeAsync(Target, "\uad6c/b");
        using var preview = await _server.GetAsync("/%EA%B5%AC/b+", accept: "text/html");
        var page = await preview.Content.ReadAsStringAsync();
        Assert.Contains("action=\"/%EA%B5%AC/b/report\"", page, StringComparison.Ordinal);

        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/%EA%B5%AC/b/report", UriKind.Relative));
        request.Content = new StringContent("reason=x", Encoding.UTF8, Form);
        request.Headers.Add("Accept", "text/html");
        using var thanks = await _server.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, thanks.StatusCode);
        Assert.Contains("Thank you", await thanks.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(await ListAsync());
    }

    [Fact]
    public async Task A_link_whose_own_code_ends_with_report_has_priority()
    {
        await _server.CreateCodeAsync(Target, "a");
        await _server.CreateCodeAsync(Target, "a/report");

        using var response = await ReportAsync("/a");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task A_link_that_forwards_paths_and_methods_can_be_reported_and_still_forwards_GET_requests()
    {
        using var created = await _server.PostAsync(
            $$"""{"target": "{{Target}}", "code": "f", "forwardPath": true, "redirectStatus": 307}""");

        using var sent = await ReportAsync("/f");
        using var forwarded = await _server.GetAsync("/f/report");

        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        Assert.Equal(Target + "/report", forwarded.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("""{"target": "https://example.com/", "code": "x", "password": "long enough"}""")]
    [InlineData("""{"target": "https://example.com/", "code": "x", "maxVisits": 1}""")]
    [InlineData("""{"target": "https://example.com/", "code": "x", "expiresAt": "2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"target": "https://example.com/", "code": "x", "validFrom": "2090-01-01T00:00:00Z"}""")]
    public async Task A_guarded_link_can_be_reported_without_a_visit(string body)
    {
        using var created = await _server.PostAsync(body);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        using var before = await _server.GetAsync("/x");

        using var sent = await ReportAsync("/x");

        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
    }

    [Theory]
    [InlineData("/nobody", HttpStatusCode.NotFound, "link-not-found")]
    [InlineData("/disabled", HttpStatusCode.NotFound, "link-not-found")]
    [InlineData("/deleted", HttpStatusCode.Gone, "link-deleted")]
    public async Task A_link_that_does_not_exist_cannot_be_reported(
        string path, HttpStatusCode status, string type)
    {
        await _server.CreateCodeAsync(Target, "disabled");
        await _server.CreateCodeAsync(Target, "deleted");
        (await _server.SendAsync(HttpMethod.Patch, "disabled", """{"enabled": false}""")).Dispose();
        (await _server.SendAsync(HttpMethod.Delete, "deleted")).Dispose();

        using var response = await ReportAsync(path);

        await ProblemAssert.AssertProblemAsync(response, status, type, null);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Reports_are_limited_by_address_and_the_list_continues_with_a_cursor()
    {
        for (var number = 0; number < ReportLimit.AtOnce; number++)
        {
            await _server.CreateCodeAsync(Target, $"c{number}");
            using var sent = await ReportAsync($"/c{number}");
            Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        }

        using var limited = await ReportAsync("/c0");

        await ProblemAssert.AssertProblemAsync(
            limited, HttpStatusCode.TooManyRequests, "too-many-reports", null);
        Assert.InRange(limited.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        var page = await _server.Http.GetFromJsonAsync<JsonElement>(Root + "?limit=6");
        var rest = await ListAsync($"?cursor={page.GetProperty("next").GetString()}");
        Assert.Equal(ReportLimit.AtOnce, page.GetProperty("reports").GetArrayLength() + rest.Count);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("99999999999999999999")]
    public async Task A_wrong_number_of_a_report_is_not_found(string id)
    {
        using var response = await _server.Http.PostAsync(
            new Uri($"{Root}/{id}/close", UriKind.Relative), content: null);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.NotFound, "report-not-found", "id");
    }

    [Fact]
    public async Task The_report_of_a_link_that_was_deleted_has_no_link_and_disable_closes_it()
    {
        await _server.CreateCodeAsync(Target, "gone");
        (await ReportAsync("/gone")).Dispose();
        (await _server.SendAsync(HttpMethod.Delete, "gone")).Dispose();
        var report = Assert.Single(await ListAsync());
        Assert.Equal(JsonValueKind.Null, report.GetProperty("link").ValueKind);

        using var disabled = await AnswerAsync(report, "disable");

        Assert.Equal(HttpStatusCode.NoContent, disabled.StatusCode);
        Assert.Empty(await ListAsync());
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string query = "")
    {
        var page = await _server.Http.GetFromJsonAsync<JsonElement>(Root + query);
        return [.. page.GetProperty("reports").EnumerateArray()];
    }

    private static IEnumerable<string?> ReasonsOf(JsonElement report) =>
        report.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString());

    private Task<HttpResponseMessage> AnswerAsync(JsonElement report, string answer) =>
        _server.Http.PostAsync(
            new Uri($"{Root}/{report.GetProperty("id")}/{answer}", UriKind.Relative), content: null);

    private async Task<HttpResponseMessage> ReportAsync(string path, string body = "", string? type = null)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(path + "/report", UriKind.Relative));
        if (type is not null)
            request.Content = new StringContent(body, Encoding.UTF8, type);
        return await _server.Http.SendAsync(request);
    }
}
