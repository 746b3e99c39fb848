using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Web;

namespace Terse.Tests.Web;

/// <summary>
/// Sends wrong, missing, huge and odd values inside of rules, items of batches and lists: no value gets a
/// server error, and each refusal is a problem that names the field.
/// </summary>
public sealed class NestedCallTests
{
    private static readonly Uri Document = new(ApiDocument.Path, UriKind.Relative);

    [Fact]
    public async Task No_value_inside_of_a_field_gets_a_server_error_and_each_refusal_names_the_field()
    {
        await using var server = await TerseServer.StartAsync(("Domains:Default", "go.example.com"));
        using var log = new KeptLog();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        var calls = await ReadAsync(server);
        var webhook = await CreateSubjectsAsync(server);
        var (sent, refused) = (0, 0);
        foreach (var call in calls.All(parameter => ValueOf(parameter, webhook)))
        {
            using var request = call.Call.ToRequest();
            using var answer = await server.Http.SendAsync(request);
            refused += AssertDescribed(call, answer, await answer.Content.ReadAsStringAsync()) ? 1 : 0;
            sent++;
        }

        Assert.Empty(log.Lines);
        Assert.InRange(sent, 3000, int.MaxValue);
        Assert.InRange(refused, sent / 2, sent);
    }

    [Fact]
    public async Task The_bodies_without_an_unusual_value_are_accepted()
    {
        await using var server = await TerseServer.StartAsync(("Domains:Default", "go.example.com"));
        var calls = await ReadAsync(server);
        var webhook = await CreateSubjectsAsync(server);

        // The single change comes last, because the batch changes the first version of the same link.
        foreach (var call in calls.Valid(parameter => ValueOf(parameter, webhook))
            .OrderBy(call => call.Method == "PATCH"))
        {
            using var request = call.ToRequest();
            using var answer = await server.Http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{call}: {text}");
            if (call.Path.EndsWith("/batch", StringComparison.Ordinal))
                Assert.True(ResultOf(text).GetProperty("status").GetInt32() is >= 200 and < 300, text);
        }
    }

    [Fact]
    public async Task The_calls_change_each_field_inside_of_a_field_that_the_document_describes()
    {
        await using var server = await TerseServer.StartAsync();

        var missing = (await ReadAsync(server)).DescribedPaths.Except(NestedCalls.Paths);

        Assert.Empty(missing);
    }

    /// <summary>Asserts that a refusal is described, and returns whether the call was refused.</summary>
    private static bool AssertDescribed(NestedCall call, HttpResponseMessage answer, string text)
    {
        var status = (int)answer.StatusCode;
        var shown = $"{call.Path}, {status}: {call.Call}\n{text}";
        Assert.True(status < 500, shown);
        JsonElement problem = default;
        if (status >= 400)
        {
            Assert.True(answer.Content.Headers.ContentType?.MediaType == "application/problem+json", shown);
            problem = JsonDocument.Parse(text).RootElement;
        }
        else if (call.Call.Path.EndsWith("/batch", StringComparison.Ordinal))
        {
            status = ResultOf(text).GetProperty("status").GetInt32();
            ResultOf(text).TryGetProperty("problem", out problem);
            Assert.True(status < 500, shown);
        }

        Assert.True(status == 400 || !call.MustBeRefused, shown);
        if (status != 400)
            return status > 400;
        Assert.True(problem.TryGetProperty("field", out var field) || call.Path == "items[0]", shown);
        Assert.True(call.Path == "items[0]" || call.MayName(field.GetString()!), shown);
        return true;
    }

    private static JsonElement ResultOf(string batch) =>
        JsonDocument.Parse(batch).RootElement.GetProperty("items")[0];

    private static async Task<NestedCalls> ReadAsync(TerseServer server)
    {
        var document = JsonDocument.Parse(await server.Http.GetStringAsync(Document));
        return new NestedCalls(document.RootElement);
    }

    /// <summary>Creates what the calls change, and returns the id of the webhook.</summary>
    private static async Task<string> CreateSubjectsAsync(TerseServer server)
    {
        await server.CreateCodeAsync("https://example.com/", "called");
        using var created = await server.Http.PostAsJsonAsync(
            new Uri("/api/v1/webhooks", UriKind.Relative), new { url = "https://example.com/hook" });
        return (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static string ValueOf(string parameter, string webhook) =>
        parameter == "id" ? webhook : "called";
}
