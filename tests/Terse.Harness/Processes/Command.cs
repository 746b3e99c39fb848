using System.Diagnostics;

namespace Terse.Harness;

/// <summary>The exit code and the output of a process that has ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    public string[] OutputLines { get; } = Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines { get; } = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs a program and waits up to nine minutes until the program ends.</summary>
internal static class Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(9);

    public static Task<CommandResult> TerseAsync(params string[] arguments) =>
        RunAsync(Repository.Program, arguments);

    public static async Task<CommandResult> RunAsync(
        string file,
        IEnumerable<string> arguments,
        byte[]? input = null,
        string? folder = null,
        params (string Name, string? Value)[] environment)
    {
        using var process = Start(file, arguments, folder, environment);
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.BaseStream.WriteAsync(input ?? [], limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public static Process Start(
        string file,
        IEnumerable<string> arguments,
        string? folder = null,
        params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        // As ./run does. Tests of access set another value.
        start.Environment["TERSE__Access__Anonymous"] = "loopback";
        // As at a terminal. Tests of the log set another value.
        start.Environment["TERSE__Telemetry__LogFormat"] = "text";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        ChildProcess.EndWithThisProcess(process);
        return process;
    }
}
