using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace Terse.Harness;

/// <summary>
/// A fleet (Terse servers, a balancer and databases) that the script <c>./fleet</c> starts in a temporary
/// folder and on free ports. Disposal stops the fleet.
/// </summary>
internal sealed class FleetScript : IAsyncDisposable
{
    private static readonly string Script = Path.Combine(Repository.Root, "fleet");

    private readonly TemporaryFolder _folder = new();
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false };
    private readonly HttpClient _http;
    private readonly (string Name, string? Value)[] _environment;

    /// <param name="environment">Variables for <c>./fleet</c> and the processes that it starts.</param>
    public FleetScript(params (string Name, string? Value)[] environment)
    {
        _environment = environment;
        Port = FreePorts(count: 8);
        _http = new HttpClient(_handler)
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}")),
        };
    }

    public int Port { get; }

    /// <summary>The URL of the balancer.</summary>
    public Uri Balancer => _http.BaseAddress!;

    /// <summary>
    /// Runs <c>./fleet</c> with a command, for example <c>up</c>. Adds the options for this fleet's folder
    /// and port.
    /// </summary>
    public Task<CommandResult> RunAsync(string command, params string[] options)
    {
        string[] port = command is "up" ? ["--port", Port.ToString(CultureInfo.InvariantCulture)] : [];
        return RunWithoutPortAsync(command, [.. port, .. options]);
    }

    /// <summary>Runs <c>./fleet</c> with a command. Adds only the option for this fleet's folder.</summary>
    public async Task<CommandResult> RunWithoutPortAsync(string command, params string[] options)
    {
        await Command.RunAsync("chmod", ["a+rwx", _folder.Path]);
        return await Command.RunAsync(
            Script, [command, "--data", _folder["fleet"], .. options], environment: _environment);
    }

    /// <summary>Starts <c>./fleet</c> with a command that ends only after a signal.</summary>
    public Process Start(string command, params string[] options) =>
        Command.Start(Script, [command, "--data", _folder["fleet"], .. options]);

    public async Task<FleetStatus> StatusAsync()
    {
        var result = await RunAsync("status", "--json");
        return new(result.ExitCode, JsonDocument.Parse(result.Output).RootElement);
    }

    /// <summary>
    /// Writes the file <c>layout</c> as the first version of <c>./fleet</c> did: port, servers, replicas.
    /// </summary>
    public async Task ForgetObservationAsync()
    {
        var layout = Path.Combine(_folder["fleet"], "layout");
        var fields = (await File.ReadAllTextAsync(layout)).Split(' ');
        await File.WriteAllTextAsync(layout, $"{string.Join(' ', fields[..3])}\n");
    }

    /// <summary>Writes the file <c>layout</c>, for example as a power loss could leave it.</summary>
    public Task WriteLayoutAsync(string text)
    {
        Directory.CreateDirectory(_folder["fleet"]);
        return File.WriteAllTextAsync(Path.Combine(_folder["fleet"], "layout"), text);
    }

    /// <summary>Creates a link through the fleet's balancer, and returns the short URL.</summary>
    public async Task<Uri> CreateAsync(string target, string? code = null)
    {
        using var answer = await _http.PostAsJsonAsync("/api/v1/links", new { target, code });
        var link = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return new Uri(link.GetProperty("shortUrl").GetString()!);
    }

    /// <summary>Follows a short URL several times, and returns the status code of each response.</summary>
    public async Task<IReadOnlyList<HttpStatusCode>> FollowAsync(Uri shortUrl, int times)
    {
        var statuses = new List<HttpStatusCode>();
        for (var time = 0; time < times; time++)
        {
            using var answer = await _http.GetAsync(shortUrl);
            statuses.Add(answer.StatusCode);
        }

        return statuses;
    }

    /// <summary>
    /// Runs a query on one database of the fleet, and returns the first column of the first row.
    /// </summary>
    public static async Task<object?> QueryAsync(JsonElement database, string sql)
    {
        var address = new NpgsqlConnectionStringBuilder
        {
            Host = database.GetProperty("host").GetString(),
            Port = database.GetProperty("port").GetInt32(),
            Username = "terse",
            Database = "terse",
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync();
#pragma warning disable CA2100 // The SQL text is a constant in a test.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }

    /// <summary>
    /// Kills one process of the fleet (SIGKILL): a Terse server, a database or the balancer.
    /// </summary>
    public static void Kill(JsonElement part)
    {
        using var process = Process.GetProcessById(part.GetProperty("pid").GetInt32());
        process.Kill();
    }

    /// <summary>Returns true if a process exists and is not a zombie.</summary>
    public static bool IsAlive(int process) => ProcessState.Read(process) is { IsAlive: true };

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _handler.Dispose();
        var down = await RunAsync("down");
        if (down.ExitCode != 0)
            throw new InvalidOperationException(down.Errors);
        _folder.Dispose();
    }

    /// <summary>
    /// Returns the first of several consecutive free ports. The ports are below those of
    /// <see cref="FreePort"/> and below those that Linux gives to outgoing connections.
    /// </summary>
    private static int FreePorts(int count)
    {
        var first = Random.Shared.Next(10_000, 23_000);
        while (!Enumerable.Range(first, count).All(FreePort.IsFree))
            first += count;
        return first;
    }
}

/// <summary>The exit code and the parsed JSON output of <c>./fleet status --json</c>.</summary>
internal sealed record FleetStatus(int ExitCode, JsonElement Parts)
{
    public JsonElement Servers => Parts.GetProperty("servers");

    /// <summary>The URLs of the servers, beside the balancer.</summary>
    public IEnumerable<Uri> ServerUrls =>
        from server in Servers.EnumerateArray() select new Uri(server.GetProperty("url").GetString()!);

    public JsonElement Databases => Parts.GetProperty("databases");

    /// <summary>The Prometheus beside the fleet; null if the fleet is not observed.</summary>
    public JsonElement? Prometheus =>
        Parts.TryGetProperty("prometheus", out var prometheus) ? prometheus : null;

    public IEnumerable<JsonElement> All =>
    [
        Parts.GetProperty("balancer"), .. Servers.EnumerateArray(), .. Databases.EnumerateArray(),
        .. Prometheus is { } prometheus ? new[] { prometheus } : [],
        .. Parts.TryGetProperty("etcd", out var etcd) ? new[] { etcd } : [],
    ];

    /// <summary>The process ids of all processes of the fleet that are alive.</summary>
    public IEnumerable<int> Processes =>
        from part in All
        where part.GetProperty("alive").GetBoolean()
        select part.GetProperty("pid").GetInt32();

    public IEnumerable<string?> Roles =>
        from database in Databases.EnumerateArray() select database.GetProperty("role").GetString();
}
