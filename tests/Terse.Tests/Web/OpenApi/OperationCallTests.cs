using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Tests.Access;
using Terse.Web;

namespace Terse.Tests.Web;

/// <summary>
/// Calls every operation of the document with wrong, missing, huge and odd values: each error is a problem
/// that the document lists for the operation, and names the wrong field.
/// </summary>
public sealed class OperationCallTests
{
    /// <summary>The server itself answers a path that it cannot decode, before any route is known.</summary>
    private static readonly string[] OfEveryRequest = ["path-not-found", "method-not-allowed"];

    private static readonly Uri Document = new(ApiDocument.Path, UriKind.Relative);

    [Fact]
    public async Task No_value_of_a_client_gets_a_server_error()
    {
        await using var server = await TerseServer.StartAsync(("Domains:Default", "go.example.com"));
        using var log = new KeptLog();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync(Document));
        var calls = new OperationCalls(document.RootElement);
        await server.CreateCodeAsync("https://example.com/", "called");

        var sent = await SendAllAsync(calls.All(ValueOf), request =>
            server.Http.SendAsync(request, AccessServer.CompletionOf(request)));

        Assert.Empty(log.Lines);
        Assert.InRange(sent, 3000, int.MaxValue);
        Assert.InRange(calls.All(ValueOf).Count(call => call.HasWrongType), 200, int.MaxValue);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("viewer")]
    [InlineData("creator")]
    [InlineData("editor")]
    public async Task No_value_of_a_client_of_another_role_or_without_a_key_gets_a_server_error(string? role)
    {
        await using var server = await TerseServer.StartAsync(("Domains:Default", "go.example.com"));
        using var log = new KeptLog();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync(Document));
        await server.CreateCodeAsync("https://example.com/", "called");
        using var http = new HttpClient { BaseAddress = server.Http.BaseAddress };
        if (role is not null)
            http.DefaultRequestHeaders.Add("X-Api-Key", await server.CreateKeyAsync(role));

        await SendAllAsync(
            new OperationCalls(document.RootElement).All(ValueOf),
            request => http.SendAsync(request, AccessServer.CompletionOf(request)));

        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task The_examples_of_requests_are_accepted()
    {
        await using var server = await TerseServer.StartAsync(("Domains:Default", "go.example.com"));
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync(Document));
        var calls = new OperationCalls(document.RootElement);
        await server.CreateCodeAsync("https://example.com/", "called");
        var plain = calls.All(ValueOf).Where(call =>
            call is { Body: null, Query: null, Header: null, Example: not null }
            && call.ContentType == "application/json"
            && call.ValueOf == ValueOf
            && !call.Path.Contains("/tags/", StringComparison.Ordinal)
            && !call.Path.Contains("{id}", StringComparison.Ordinal)
            && !call.Path.Contains("{name}", StringComparison.Ordinal));
        foreach (var call in plain)
        {
            using var request = call.ToRequest();
            using var answer = await server.Http.SendAsync(request, AccessServer.CompletionOf(request));
            Assert.True(answer.IsSuccessStatusCode, $"{call}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private static string ValueOf(string parameter) => parameter switch
    {
        "code" => "called",
        "name" => "default",
        "id" => "none",
        "type" => "link.created",
        _ => "mail",
    };

    /// <summary>Sends all calls, one after the other, and asserts that each error is described.</summary>
    /// <param name="calls">The calls.</param>
    /// <param name="send">Sends a request, with or without a key.</param>
    /// <returns>The number of calls.</returns>
    internal static async Task<int> SendAllAsync(
        IEnumerable<OperationCall> calls, Func<HttpRequestMessage, Task<HttpResponseMessage>> send)
    {
        var sent = 0;
        foreach (var call in calls)
        {
            using var request = call.ToRequest();
            using var answer = await send(request);
            await AssertDescribedAsync(call, answer);
            sent++;
        }

        return sent;
    }

    private static async Task AssertDescribedAsync(OperationCall call, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        var isEndless = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var text = isEndless ? "" : await answer.Content.ReadAsStringAsync();
        Assert.True(status < 500, $"{status}: {call}\n{text}");
        Assert.False(call.HasWrongType && status < 400, $"{status}: {call}\n{text}");
        if (status < 400 || call.Method == "HEAD")
            return;
        var mediaType = answer.Content.Headers.ContentType?.MediaType;
        if (mediaType is null && answer.StatusCode == HttpStatusCode.BadRequest)
            return; // Kestrel refuses the request line itself.
        Assert.True(mediaType == "application/problem+json", $"{status}, {mediaType}: {call}\n{text}");
        var problem = JsonDocument.Parse(text).RootElement;
        var type = problem.GetProperty("type").GetString()!.Split(':')[^1];
        Assert.True(
            IsListed(call.Operation, status, type) || OfEveryRequest.Contains(type, StringComparer.Ordinal),
            $"The document does not list {status} {type}: {call}\n{text}");
        var field = problem.TryGetProperty("field", out var named) ? named.GetString() : null;
        if (call.HasWrongType && status == 400)
            Assert.True(IsField(field, call.Field!), $"'{field}' is not the wrong field: {call}\n{text}");
        if (type == "query-invalid" && call.QueryName is { } name)
            Assert.True(field == name, $"'{field}' is not the wrong parameter: {call}\n{text}");
        if (status == 400 && type != "request-malformed")
            Assert.True(field is not null, $"No field is named: {call}\n{text}");
    }

    private static bool IsField(string? named, string field) =>
        named is not null && (named == field || named.StartsWith(field + "[", StringComparison.Ordinal));

    private static bool IsListed(JsonElement operation, int status, string type) =>
        operation.GetProperty("responses")
            .TryGetProperty(status.ToString(CultureInfo.InvariantCulture), out var response)
        && response.GetProperty("content").GetProperty("application/problem+json").GetProperty("examples")
            .TryGetProperty(type, out _);
}
