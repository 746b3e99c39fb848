using System.Net;
using System.Text;
using System.Text.Json;
using Terse.Harness;
using Terse.Tests.Visits;

namespace Terse.Tests.Hosting;

/// <summary>
/// A server for which all connections come from one address, and which shows what it believes about a
/// client. Each address that a test names has its own country, and a link whose rules lead each country to a
/// target of its own tells which address the server used.
/// </summary>
internal sealed class ProxiedServer : IAsyncDisposable
{
    private const string Else = "https://else.example/";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _addresses = [];

    private ProxiedServer()
    {
    }

    public TerseServer Server { get; private set; } = null!;

    /// <param name="connection">The address from which all connections come.</param>
    /// <param name="addresses">The addresses that the test wants to tell apart, at most 26.</param>
    /// <param name="settings">The settings of the server.</param>
    public static async Task<ProxiedServer> StartAsync(
        string connection, string[] addresses, params (string Key, string Value)[] settings)
    {
        var proxied = new ProxiedServer();
        var file = new MmdbWriter();
        foreach (var address in addresses)
        {
            var bits = IPAddress.Parse(address).GetAddressBytes().Length * 8;
            file.Add($"{address}/{bits}", MmdbWriter.Country(CountryOf(proxied._addresses.Count)));
            proxied._addresses.Add(address);
        }

        await File.WriteAllBytesAsync(proxied._folder["countries.mmdb"], file.ToBytes());
        proxied.Server = await TerseServer.StartAsync(
            proxied._folder.Path,
            endpoint => endpoint.Use(next => context =>
            {
                context.RemoteEndPoint = new IPEndPoint(IPAddress.Parse(connection), 50_000);
                return next(context);
            }),
            [("Visits:CountryFile", proxied._folder["countries.mmdb"]), .. settings]);
        await proxied.CreateLinkAsync();
        return proxied;
    }

    /// <summary>
    /// Returns the address of the client that the server uses; null if the test has not named it.
    /// </summary>
    public async Task<string?> ClientAddressAsync(params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(HttpMethod.Get, "/a", body: null, headers);
        var location = response.Headers.NonValidated["Location"].ToString();
        return location == Else ? null : _addresses[location["https://".Length] - 'a'];
    }

    /// <summary>Creates a link, and returns the response.</summary>
    public async Task<JsonElement> CreateAsync(params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(
            HttpMethod.Post, "/api/v1/links", """{"target": "https://e.example/"}""", headers);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    public async Task<string> ShortUrlAsync(params (string Name, string Value)[] headers) =>
        (await CreateAsync(headers)).GetProperty("shortUrl").GetString()!;

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Server.Http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Returns a country for each address: KA, KB and so on.</summary>
    private static string CountryOf(int index) => "K" + (char)('A' + index);

    private async Task CreateLinkAsync()
    {
        var rules = _addresses.Select((_, index) =>
            $$"""
            {"name": "{{index}}", "if": {"country": "{{CountryOf(index)}}"},
                "target": "https://{{(char)('a' + index)}}.example/"}
            """);
        using var response = await Server.PostAsync(
            $$"""{"target": "{{Else}}", "code": "a", "rules": [{{string.Join(',', rules)}}]}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }
}
