using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Terse.Harness;

/// <summary>A process that runs <c>terse serve</c> and is ready, on a port that the system chose.</summary>
internal sealed partial class TerseProcess : IAsyncDisposable
{
    /// <summary>The time limit for each operation of a server.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false };
    private TemporaryFolder? _folder;
    private int _tooLate;

    private TerseProcess(Process process, string readyLine)
    {
        _process = process;
        ReadyLine = readyLine;
        process.ErrorDataReceived += (_, line) => Count(line.Data);
        process.BeginErrorReadLine(); // a full pipe would block the server
        Http = new HttpClient(_handler)
        {
            BaseAddress = new Uri(Address().Match(readyLine).Value),
            Timeout = Timeout,
        };
    }

    /// <summary>The line that the program writes when it is ready.</summary>
    public string ReadyLine { get; }

    public HttpClient Http { get; }

    public string Url => Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <summary>Host and port.</summary>
    public string Authority => Http.BaseAddress!.Authority;

    public int Id => _process.Id;

    /// <summary>The number of log lines that say that an id came too late to be stored.</summary>
    public int TooLate => Volatile.Read(ref _tooLate);

    /// <summary>Starts a server with its links in the folder <paramref name="data"/>.</summary>
    public static Task<TerseProcess> ServeAsync(string data, params string[] options) =>
        StartAsync(Repository.Program, ["serve", "--urls", "http://127.0.0.1:0", "--data", data, .. options]);

    /// <summary>
    /// Starts a server on PostgreSQL, with a temporary folder that is deleted with the server.
    /// </summary>
    public static async Task<TerseProcess> ServeAsync(IEnumerable<string> hosts, params string[] settings)
    {
        var folder = new TemporaryFolder();
        try
        {
            string[] options = [.. PostgresCluster.SettingsOf(hosts), .. settings];
            var server = await ServeAsync(folder.Path, options);
            server._folder = folder;
            return server;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public static async Task<TerseProcess> StartAsync(
        string file,
        string[] arguments,
        string? folder = null,
        params (string Name, string? Value)[] environment)
    {
        var process = Command.Start(file, arguments, folder, environment);
        using var limit = new CancellationTokenSource(Timeout, TimeProvider.System);
        try
        {
            return await process.StandardOutput.ReadLineAsync(limit.Token) is { } readyLine
                ? new TerseProcess(process, readyLine)
                : throw new InvalidOperationException(
                    await process.StandardError.ReadToEndAsync(limit.Token));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    public Task<HttpResponseMessage> CreateAsync(
        string target, CancellationToken cancellationToken = default) =>
        Http.PostAsync(
            new Uri("/api/v1/links", UriKind.Relative),
            new StringContent(JsonSerializer.Serialize(new { target }), Encoding.UTF8, "application/json"),
            cancellationToken);

    /// <summary>Creates a link and returns its code, or null if the server refused the creation.</summary>
    public async Task<string?> CreateCodeAsync(string target, CancellationToken cancellationToken = default)
    {
        using var response = await CreateAsync(target, cancellationToken);
        if (!response.IsSuccessStatusCode)
            return null;
        var link = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return link.GetProperty("code").GetString();
    }

    /// <summary>
    /// Returns the target of a code or a short URL, or null if the response is not a redirect.
    /// </summary>
    public async Task<string?> FollowAsync(string code)
    {
        using var response = await Http.GetAsync(new Uri(code, UriKind.RelativeOrAbsolute));
        return response.Headers.NonValidated.TryGetValues("Location", out var values)
            ? values.Single()
            : null;
    }

    /// <summary>Reads a JSON document from the API.</summary>
    public Task<JsonElement> ReadAsync(string path) =>
        Http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative));

    /// <summary>SIGSTOP: suspends the process until <see cref="Resume"/>.</summary>
    public void Pause() => ChildProcess.Signal(_process, ChildProcess.SigStop);

    /// <summary>SIGCONT: resumes the process.</summary>
    public void Resume() => ChildProcess.Signal(_process, ChildProcess.SigCont);

    /// <summary>SIGKILL: ends the process at once.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: lets the process shut down, and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        ChildProcess.Signal(_process, ChildProcess.SigTerm);
        using var limit = new CancellationTokenSource(Timeout, TimeProvider.System);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _handler.Dispose();
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
        _folder?.Dispose();
    }

    private void Count(string? line)
    {
        if (line?.Contains("came too late", StringComparison.Ordinal) == true)
            Interlocked.Increment(ref _tooLate);
    }

    [GeneratedRegex("http://[^, ]+", RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
