using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Terse.Harness;

/// <summary>
/// Runs <c>terse</c> in a pseudo terminal (script of util-linux), which has the type xterm-256color. The
/// output also has the modes of the terminal before and after the program.
/// </summary>
internal sealed partial class PseudoTerminal : IAsyncDisposable
{
    /// <summary>
    /// Ctrl+C signals the shells, too; they ignore it, and the program, which the last shell becomes, does
    /// not. The marks separate the output of the program.
    /// </summary>
    private const string Shell =
        """
        trap : INT QUIT
        stty cols "$1" rows "$2"
        echo "terminal=$(tty) before=$(stty -g)"
        shift 2
        sh -c 'echo "process=$$ begin"; exec "$@"' sh "$@"
        code=$?
        echo "end after=$(stty -g)"
        exit $code
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder;
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private PseudoTerminal(TemporaryFolder folder, Process process)
    {
        (_folder, _process) = (folder, process);
        _reading = ReadAsync(process.StandardOutput);
    }

    /// <summary>Everything that the terminal received until now.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>What the terminal received from the program.</summary>
    public string ProgramOutput => Between().Match(Output).Value;

    /// <summary>The modes of the terminal before and after the program, from <c>stty -g</c>.</summary>
    public (string Before, string After) Modes => (ValueOf("before"), ValueOf("after"));

    public static PseudoTerminal Start(
        int columns, int rows, string[] arguments, params (string Name, string? Value)[] environment)
    {
        var folder = new TemporaryFolder();
        File.WriteAllText(folder["shell"], Shell);
        string[] words =
        [
            "sh", folder["shell"], columns.ToString(CultureInfo.InvariantCulture),
            rows.ToString(CultureInfo.InvariantCulture), Repository.Program, .. arguments,
        ];
        var command = string.Join(' ', words.Select(word => $"'{word}'"));
        var process = Command.Start(
            "script",
            ["--quiet", "--return", "--flush", "--command", command, "/dev/null"],
            folder: null,
            [("TERM", "xterm-256color"), .. environment]);
        return new(folder, process);
    }

    public Task WaitForAsync(string text) => Eventually.IsTrueAsync(() =>
        Task.FromResult(Output.Contains(text, StringComparison.Ordinal)));

    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Sends a signal to the program.</summary>
    public void Signal(int signal)
    {
        using var program = Process.GetProcessById(
            int.Parse(ValueOf("process"), CultureInfo.InvariantCulture));
        ChildProcess.Signal(program, signal);
    }

    /// <summary>Changes the size of the terminal.</summary>
    public Task ResizeAsync(int columns, int rows) => Command.RunAsync(
        "stty",
        [
            "-F", ValueOf("terminal"), "cols", columns.ToString(CultureInfo.InvariantCulture), "rows",
            rows.ToString(CultureInfo.InvariantCulture),
        ]);

    /// <summary>Waits for the end of the program, and returns its exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        await _process.WaitForExitAsync(limit.Token);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _reading;
        _process.Dispose();
        _folder.Dispose();
    }

    private string ValueOf(string name) => Regex.Match(
        Output, $@"\b{name}=(\S+)", RegexOptions.NonBacktracking).Groups[1].Value;

    private async Task ReadAsync(StreamReader reader)
    {
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_output)
                _output.Append(buffer, 0, count);
        }
    }

    [GeneratedRegex("(?<=process=[0-9]+ begin\r\n).*(?=end after=)", RegexOptions.Singleline, 1000)]
    private static partial Regex Between();
}
