using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Terse.Harness;

/// <summary>
/// A process that runs <c>terse serve</c> on a port that the operating system chose. When the object is
/// created, the process already accepts requests.
/// </summary>
internal sealed partial class TerseProcess : IAsyncDisposable
{
    /// <summary>The time limit for each request to the server, and for the shutdown of the server.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    /// <summary>How many of the last log lines a test can search.</summary>
    private const int MaxLogLines = 1000;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = [];
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false };
    private TemporaryFolder? _folder;
    private int _tooLate;

    private TerseProcess(Process process, string readyLine)
    {
        _process = process;
        ReadyLine = readyLine;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine(); // If nobody read the error output, a full pipe would block the server.
        Http = new HttpClient(_handler)
        {
            BaseAddress = new Uri(Address().Match(readyLine).Value),
            Timeout = Timeout,
        };
        Http.DefaultRequestHeaders.Add("User-Agent", Follower.Browser);
    }

    /// <summary>The line that the process writes to its output when it can accept requests.</summary>
    public string ReadyLine { get; }

    public HttpClient Http { get; }

    public string Url => Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <summary>The host and port of the server.</summary>
    public string Authority => Http.BaseAddress!.Authority;

    public int Id => _process.Id;

    /// <summary>
    /// How many log lines report that the database refused an id because it was older than the horizon (the
    /// time up to which the database accepts no more links).
    /// </summary>
    public int TooLate => Volatile.Read(ref _tooLate);

    /// <summary>Counts the log lines on standard error, among the last ones, that contain a text.</summary>
    public int CountLogged(string text) => _log.Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>
    /// Starts a server with the data folder <paramref name="data"/>. Unless the options name database hosts,
    /// the folder contains the SQLite database. The server shuts down without a delay, because in most tests
    /// no balancer has to notice the shutdown.
    /// </summary>
    public static Task<TerseProcess> ServeAsync(string data, params string[] options) => StartAsync(
        Repository.Program,
        [
            "serve", "--urls", "http://127.0.0.1:0", "--data", data, "--Drain:Delay", "00:00:00", .. options,
        ]);

    /// <summary>
    /// Starts a server on PostgreSQL with a temporary data folder. Disposal of the server deletes the folder.
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
        CreateAsync(target, code: null, cancellationToken);

    /// <param name="target">The target of the link.</param>
    /// <param name="code">The code of the link; null for a generated code.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public Task<HttpResponseMessage> CreateAsync(
        string target, string? code, CancellationToken cancellationToken = default) =>
        Http.PostAsync(
            new Uri("/api/v1/links", UriKind.Relative),
            new StringContent(
                JsonSerializer.Serialize(new { target, code }), Encoding.UTF8, "application/json"),
            cancellationToken);

    /// <summary>Creates a link and returns its code, or null if the response is not a success.</summary>
    public async Task<string?> CreateCodeAsync(string target, CancellationToken cancellationToken = default)
    {
        using var response = await CreateAsync(target, cancellationToken);
        if (!response.IsSuccessStatusCode)
            return null;
        var link = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return link.GetProperty("code").GetString();
    }

    /// <summary>
    /// Follows a code or a short URL and returns the target, or null if the response is not a redirect.
    /// </summary>
    public async Task<string?> FollowAsync(string code)
    {
        using var response = await Http.GetAsync(new Uri(code, UriKind.RelativeOrAbsolute));
        return response.Headers.NonValidated.TryGetValues("Location", out var values)
            ? values.Single()
            : null;
    }

    /// <summary>Sends a GET request to a path of the API and returns the JSON response.</summary>
    public Task<JsonElement> ReadAsync(string path) =>
        Http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative));

    /// <summary>Suspends the process (SIGSTOP) until the test calls <see cref="Resume"/>.</summary>
    public void Pause() => ChildProcess.Suspend(_process);

    /// <summary>Resumes the suspended process (SIGCONT).</summary>
    public void Resume() => ChildProcess.Signal(_process, ChildProcess.SigCont);

    /// <summary>Kills the process (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Makes the process shut down cleanly (SIGTERM), and returns its exit code.</summary>
    public Task<int> StopAsync()
    {
        RequestStop();
        return WaitForExitAsync();
    }

    /// <summary>Sends a signal, by default SIGTERM, and does not wait.</summary>
    public void RequestStop(int signal = ChildProcess.SigTerm) => ChildProcess.Signal(_process, signal);

    /// <summary>
    /// Waits until the process has ended, and returns its exit code: 128 and the number of the signal if a
    /// signal has killed the process.
    /// </summary>
    public async Task<int> WaitForExitAsync()
    {
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

    private void Keep(string? line)
    {
        if (line is null)
            return;
        if (line.Contains("came too late", StringComparison.Ordinal))
            Interlocked.Increment(ref _tooLate);
        _log.Enqueue(line);
        if (_log.Count > MaxLogLines)
            _log.TryDequeue(out _);
    }

    [GeneratedRegex("http://[^, ']+", RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
