using System.Text.Json;

namespace Terse.Tests.Hosting;

/// <summary>
/// Runs the cases in access.jsonl that say which address, scheme and host a server uses. They come from
/// public bug reports of other URL shorteners.
/// </summary>
public sealed class ProxyCaseTests
{
    public static TheoryData<string> Ids => [.. Cases.Keys];

    private static Dictionary<string, JsonElement> Cases { get; } = File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "Access", "Cases", "access.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(one => Read(one, "clientAddress", "shortUrlScheme", "shortUrlHost") is not null)
        .ToDictionary(one => one.GetProperty("id").GetString()!);

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task A_case_from_a_bug_report_of_another_shortener_has_its_right_address_or_short_URL(
        string id)
    {
        var one = Cases[id];
        var connection = one.GetProperty("connection").GetString()!;
        var address = Read(one, "clientAddress");
        var sent = one.GetProperty("header").EnumerateObject();
        (string, string)[] headers = [.. sent.Select(header => (header.Name, header.Value.GetString()!))];
        string[] addresses = [.. new[] { address, connection }.OfType<string>().Distinct()];
        await using var proxied = await ProxiedServer.StartAsync(connection, addresses, SettingsOf(one));
        if (address is not null)
        {
            Assert.Equal(address, await proxied.ClientAddressAsync(headers));
            return;
        }

        var shortUrl = new Uri(await proxied.ShortUrlAsync(headers));
        Assert.Equal(Read(one, "shortUrlScheme") ?? shortUrl.Scheme, shortUrl.Scheme);
        Assert.Equal(Read(one, "shortUrlHost") ?? shortUrl.Authority, shortUrl.Authority);
    }

    private static (string Key, string Value)[] SettingsOf(JsonElement one) =>
    [
        .. one.GetProperty("settings").EnumerateObject().SelectMany(setting =>
            setting.Value.ValueKind == JsonValueKind.Array
                ? setting.Value.EnumerateArray().Select((value, index) =>
                    ($"{setting.Name}:{index}", value.GetString()!))
                : [(setting.Name, setting.Value.ToString())]),
    ];

    /// <summary>Returns the first of the properties that the case has.</summary>
    private static string? Read(JsonElement one, params string[] names) => names
        .Select(name => one.TryGetProperty(name, out var value) ? value.GetString() : null)
        .FirstOrDefault(value => value is not null);
}
