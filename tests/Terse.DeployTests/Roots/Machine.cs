using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>
/// The machine for which the tests examine artefacts: the variable TERSE_MACHINE, <c>x64</c> by default. The
/// script <c>deploy/rehearse</c> sets the other one.
/// </summary>
internal static class Machine
{
    public static string Name { get; } =
        Environment.GetEnvironmentVariable("TERSE_MACHINE") is { Length: > 0 } name ? name : "x64";

    /// <summary>The name of the machine in Debian and in containers.</summary>
    public static string Architecture { get; } = Name == "x64" ? "amd64" : Name;

    /// <summary>The folder of the published program.</summary>
    public static string PublishFolder { get; } =
        Path.Combine(Repository.Root, $"artifacts/publish/Terse/release_linux-{Name}");

    /// <summary>An emulator for programs of the machine; null if this machine runs them.</summary>
    public static string? Emulator { get; } = Name == "arm64" ? "/usr/bin/qemu-aarch64-static" : null;
}
