using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Terse.Tests.Links;

/// <summary>
/// Runs the cases in links.jsonl, which come from public bug reports of other URL shorteners. A case creates
/// a link, sends some requests, and describes the answer to the last one.
/// </summary>
public sealed class LinkCaseTests : IAsyncLifetime
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private TerseServer _server = null!;

    public static TheoryData<string> Ids => [.. Cases.Keys];

    private static Dictionary<string, JsonElement> Cases { get; } = File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "Links", "Cases", "links.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .ToDictionary(one => one.GetProperty("id").GetString()!);

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task A_case_from_a_bug_report_of_another_shortener_has_its_right_answer(string id)
    {
        var one = Cases[id];
        using var created = await CreateAsync(one.GetProperty("link"));
        var link = JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement;
        if (one.TryGetProperty("status", out var refused))
        {
            Assert.Equal(refused.GetInt32(), (int)created.StatusCode);
            Assert.Equal(one.GetProperty("field").GetString(), link.GetProperty("field").GetString());
            return;
        }

        Assert.Equal(201, (int)created.StatusCode);
        var code = link.GetProperty("code").GetString()!;
        if (one.TryGetProperty("before", out var before))
        {
            foreach (var step in before.EnumerateArray())
                (await RequestAsync(step, code)).Dispose();
        }

        using var answer = await RequestAsync(one, code);
        if (one.TryGetProperty("location", out var location))
            Assert.Equal(location.GetString(), answer.Headers.NonValidated["Location"].Single());
        if (one.TryGetProperty("header", out var headers))
        {
            foreach (var header in headers.EnumerateObject())
                Assert.Equal(header.Value.GetString(), answer.Headers.NonValidated[header.Name].ToString());
        }
    }

    private async Task<HttpResponseMessage> CreateAsync(JsonElement link)
    {
        using var body = new StringContent(link.GetRawText(), Encoding.UTF8, "application/json");
        return await _server.Http.PostAsync(new Uri("/api/v1/links", UriKind.Relative), body);
    }

    /// <summary>Sends the request of a case or of a step before it, and checks its status.</summary>
    private async Task<HttpResponseMessage> RequestAsync(JsonElement step, string code)
    {
        var isHead = step.TryGetProperty("head", out var path);
        path = isHead ? path : step.GetProperty("get");
        var url = _server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)
            + path.GetString()!.Replace("{code}", code, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(
            isHead ? HttpMethod.Head : HttpMethod.Get,
            new Uri(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        var agent = step.TryGetProperty("userAgent", out var given) ? given.GetString()! : Browser;
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        var answer = await _server.Http.SendAsync(request);
        var expected = step.TryGetProperty("statusOfGet", out var status) ? status.GetInt32() : 302;
        Assert.True(
            expected == (int)answer.StatusCode,
            string.Create(CultureInfo.InvariantCulture, $"{url}: {(int)answer.StatusCode}, not {expected}"));
        return answer;
    }
}
