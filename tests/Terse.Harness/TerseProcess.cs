using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Terse.Harness;

/// <summary>A real <c>terse serve</c>, ready to answer, on a port that the system chose.</summary>
internal sealed partial class TerseProcess : IAsyncDisposable
{
    /// <summary>How long anything that a server does may take before it counts as hung.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false };
    private TemporaryFolder? _folder;
    private int _tooLate;

    private TerseProcess(Process process, string readyLine)
    {
        _process = process;
        ReadyLine = readyLine;
        process.ErrorDataReceived += (_, line) => Count(line.Data);
        process.BeginErrorReadLine(); // also so that a full pipe never stops the server
        Http = new HttpClient(_handler)
        {
            BaseAddress = new Uri(Address().Match(readyLine).Value),
            Timeout = Patience,
        };
    }

    /// <summary>What the program said when it was ready.</summary>
    public string ReadyLine { get; }

    public HttpClient Http { get; }

    public string Url => Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <summary>Host and port.</summary>
    public string Authority => Http.BaseAddress!.Authority;

    public int Id => _process.Id;

    /// <summary>How often it logged that an id came too late to be stored.</summary>
    public int TooLate => Volatile.Read(ref _tooLate);

    /// <summary>Starts what ./run runs, with its links in <paramref name="data"/>.</summary>
    public static Task<TerseProcess> ServeAsync(string data, params string[] options) =>
        StartAsync(Repository.Program, ["serve", "--urls", "http://127.0.0.1:0", "--data", data, .. options]);

    /// <summary>The same over PostgreSQL, with a folder of its own that goes when the server does.</summary>
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
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
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

    /// <summary>Creates a link and returns its code, or null when the server would not have it now.</summary>
    public async Task<string?> CreateCodeAsync(string target, CancellationToken cancellationToken = default)
    {
        using var response = await CreateAsync(target, cancellationToken);
        if (!response.IsSuccessStatusCode)
            return null;
        var link = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return link.GetProperty("code").GetString();
    }

    /// <summary>Where a code or a short URL leads, or null when it leads nowhere.</summary>
    public async Task<string?> FollowAsync(string code)
    {
        using var response = await Http.GetAsync(new Uri(code, UriKind.RelativeOrAbsolute));
        return response.Headers.NonValidated.TryGetValues("Location", out var values)
            ? values.Single()
            : null;
    }

    /// <summary>Reads what the API shows.</summary>
    public Task<JsonElement> ReadAsync(string path) =>
        Http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative));

    /// <summary>SIGSTOP: the process stands still until <see cref="Resume"/>.</summary>
    public void Pause() => ChildProcess.Signal(_process, ChildProcess.SigStop);

    /// <summary>SIGCONT.</summary>
    public void Resume() => ChildProcess.Signal(_process, ChildProcess.SigCont);

    /// <summary>kill -9: the process gets no chance to do anything more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the process to stop, and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        ChildProcess.Signal(_process, ChildProcess.SigTerm);
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
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
