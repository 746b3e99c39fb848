using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Tests;

/// <summary>Asserts that a response has the JSON format in which the API reports errors.</summary>
internal static class ProblemAssert
{
    public static async Task<JsonElement> AssertProblemAsync(
        HttpResponseMessage response, HttpStatusCode status, string type, string? field)
    {
        var text = await response.Content.ReadAsStringAsync();
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        Assert.Equal((status, "application/problem+json", text), (response.StatusCode, mediaType, text));
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("urn:problem-type:terse:" + type, problem.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.Equal(field, problem.TryGetProperty("field", out var named) ? named.GetString() : null);
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.Matches("^[0-9a-f]{32}$", problem.GetProperty("traceId").GetString());
        return problem;
    }
}
