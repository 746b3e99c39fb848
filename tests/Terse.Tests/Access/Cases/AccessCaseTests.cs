using System.Text.Json;
using Terse.Tests.Hosting;

namespace Terse.Tests.Access;

/// <summary>Runs the cases in access.jsonl that say which status the API answers with.</summary>
public sealed class AccessCaseTests
{
    public static TheoryData<string> Ids => [.. Cases.Keys];

    private static Dictionary<string, JsonElement> Cases { get; } = File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "Access", "Cases", "access.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(one => one.TryGetProperty("status", out _))
        .ToDictionary(one => one.GetProperty("id").GetString()!);

    [Fact]
    public void Every_case_of_the_file_runs_here_or_in_ProxyCaseTests()
    {
        var inFile = File
            .ReadLines(Path.Combine(AppContext.BaseDirectory, "Access", "Cases", "access.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!)
            .Order(StringComparer.Ordinal);
        var run = Ids.Concat(ProxyCaseTests.Ids)
            .Select(row => row.Data)
            .Order(StringComparer.Ordinal);

        Assert.Equal(inFile, run);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task A_case_has_its_right_status(string id)
    {
        var one = Cases[id];
        var role = Read(one, "role");
        await using var server = role is null
            ? await TerseServer.StartAsync(("Access:Anonymous", "loopback"))
            : await TerseServer.StartAsync(
                ("Domains:Default", "go.example"),
                ("Domains:Others:0", "a.example"),
                ("Domains:Others:1", "b.example"));
        var domain = Read(one, "domain");
        var key = role is null
            ? null
            : await server.CreateKeyAsync(role, domain is null ? null : [domain]);
        if (domain is not null)
            await server.CreateCodeAsync("https://example.com/", "x", "b.example");
        (string, string)[] headers = one.TryGetProperty("header", out var sent)
            ? [.. sent.EnumerateObject().Select(header => (header.Name, header.Value.GetString()!))]
            : [];
        var path = Read(one, "post");

        using var response = path is not null
            ? await server.SendAsAsync(
                key, HttpMethod.Post, path, """{"target": "https://example.com/"}""", headers)
            : await server.SendAsAsync(key, HttpMethod.Get, Read(one, "get")!, body: null, headers);

        Assert.Equal(one.GetProperty("status").GetInt32(), (int)response.StatusCode);
    }

    private static string? Read(JsonElement one, string name) =>
        one.TryGetProperty(name, out var value) ? value.GetString() : null;
}
