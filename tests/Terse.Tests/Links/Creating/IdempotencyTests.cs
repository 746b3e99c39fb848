using System.Net;
using System.Text;
using Terse.Harness;

namespace Terse.Tests.Links;

/// <summary>Tests creations that a client repeats over HTTP with the same idempotency key.</summary>
public sealed class IdempotencyTests : IAsyncLifetime
{
    private const string Body = """{"target": "https://example.com/a?b=c", "code": "sale"}""";

    private readonly TemporaryFolder _folder = new();
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("""{"target": "https://example.com/a?b=c"}""")]
    [InlineData(Body)]
    public async Task A_retry_gets_the_answer_of_the_first_request(string body)
    {
        using var first = await PostAsync("key", body);
        using var retry = await PostAsync("key", body);

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        await AssertIsReplayAsync(first, retry);
    }

    [Fact]
    public async Task The_same_request_in_another_spelling_is_a_retry()
    {
        using var first = await PostAsync("key", Body);
        using var retry = await PostAsync(
            "key", """{ "code":"sale", "domain":null, "target":"https:\/\/example.com/\u0061?b=c" }""");

        await AssertIsReplayAsync(first, retry);
    }

    [Fact]
    public async Task The_same_rules_in_another_spelling_are_a_retry()
    {
        using var first = await PostAsync(
            "key", """{"target": "https://example.com/", "expiresAt": "2027-01-31T18:00:00+01:00"}""");
        using var retry = await PostAsync(
            "key",
            """{"maxVisits": null, "expiresAt": "2027-01-31T17:00Z", "target": "https://example.com/"}""");

        await AssertIsReplayAsync(first, retry);
    }

    [Fact]
    public async Task A_retry_after_a_restart_gets_its_link()
    {
        using var first = await PostAsync("key", Body, "s.example.org");
        await _server.DisposeAsync();
        _server = await StartAsync();
        using var retry = await PostAsync("key", Body, "s.example.org");

        await AssertIsReplayAsync(first, retry);
    }

    [Theory]
    [InlineData("""{"target": "https://example.com/other", "code": "sale"}""", null)]
    [InlineData("""{"target": "https://example.com/a?b=c", "code": "Sale"}""", null)]
    [InlineData("""{"target": "https://example.com/a?b=c"}""", null)]
    [InlineData("""{"target": "https://example.com/a?b=c", "code": "sale", "domain": "s.example"}""", null)]
    [InlineData("""{"target": "https://example.com/a?b=c", "code": "sale", "maxVisits": 1}""", null)]
    [InlineData(
        """{"target": "https://example.com/a?b=c", "code": "sale", "expiresAt": "2027-01-31T18:00Z"}""",
        null)]
    [InlineData(Body, "s.example")]
    public async Task A_key_that_was_used_for_another_link_is_refused(string body, string? host)
    {
        using var first = await PostAsync("key", Body);
        using var other = await PostAsync("key", body, host);
        using var retry = await PostAsync("key", Body);

        await ProblemAssert.AssertProblemAsync(
            other, HttpStatusCode.UnprocessableEntity, "idempotency-key-reused", "Idempotency-Key");
        Assert.False(other.Headers.Contains("Idempotency-Replayed"));
        await AssertIsReplayAsync(first, retry);
    }

    [Fact]
    public async Task A_refused_creation_does_not_use_its_key()
    {
        await _server.CreateCodeAsync("https://example.com/first", "sale");
        using var taken = await PostAsync("key", Body);
        using var wrong = await PostAsync("key", "{}");
        using var made = await PostAsync("key", """{"target": "https://example.com/", "code": "other"}""");

        await ProblemAssert.AssertProblemAsync(taken, HttpStatusCode.Conflict, "code-taken", "code");
        await ProblemAssert.AssertProblemAsync(wrong, HttpStatusCode.BadRequest, "target-missing", "target");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.False(made.Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Equal_requests_with_two_keys_create_two_links()
    {
        using var first = await PostAsync("key", """{"target": "https://example.com/"}""");
        using var second = await PostAsync("Key", """{"target": "https://example.com/"}""");

        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.NotEqual(first.Headers.Location, second.Headers.Location);
    }

    [Fact]
    public async Task Concurrent_requests_with_one_key_create_one_link()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => PostAsync("key", Body)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single(answers, answer => !answer.Headers.Contains("Idempotency-Replayed"));
        var bodies = answers.Select(answer => answer.Content.ReadAsStringAsync());
        Assert.Single((await Task.WhenAll(bodies)).Distinct());
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Theory]
    [InlineData("Idempotency-Key:\r\n")]
    [InlineData("Idempotency-Key: two words\r\n")]
    [InlineData("Idempotency-Key: two\twords\r\n")]
    [InlineData("Idempotency-Key: \u00e9\r\n")]
    [InlineData("Idempotency-Key: \u00c3\u00a9\r\n")]
    [InlineData("Idempotency-Key: a\r\nIdempotency-Key: a\r\n")]
    [InlineData("Idempotency-Key: a\r\nidempotency-key: b\r\n")]
    public async Task An_invalid_or_repeated_key_header_is_refused(string headers)
    {
        var answer = await SendRawAsync(headers);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(255, "HTTP/1.1 201 ")]
    [InlineData(256, "HTTP/1.1 400 ")]
    public async Task A_key_has_at_most_255_characters(int length, string status)
    {
        var answer = await SendRawAsync($"Idempotency-Key: {new string('~', length)}\r\n");

        Assert.StartsWith(status, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_error_of_an_invalid_key_names_the_header()
    {
        using var response = await PostAsync("two words", Body);
        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "idempotency-key-invalid", "Idempotency-Key");
    }

    private Task<TerseServer> StartAsync() =>
        TerseServer.StartAsync(_folder.Path, ("Domains:Others:0", "s.example"));

    private async Task<HttpResponseMessage> PostAsync(string key, string body, string? host = null)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.Host = host;
        return await _server.Http.SendAsync(request);
    }

    private Task<string> SendRawAsync(string headers) => _server.SendRawAsync(
        $"POST /api/v1/links HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}"
        + $"Content-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

    private static async Task AssertIsReplayAsync(HttpResponseMessage first, HttpResponseMessage retry)
    {
        Assert.Equal(HttpStatusCode.Created, retry.StatusCode);
        Assert.Equal(first.Headers.Location, retry.Headers.Location);
        Assert.Equal(first.Content.Headers.ContentType, retry.Content.Headers.ContentType);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await retry.Content.ReadAsStringAsync());
        Assert.Equal(["true"], retry.Headers.GetValues("Idempotency-Replayed"));
    }
}
