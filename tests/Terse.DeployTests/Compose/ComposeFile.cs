using System.Text.RegularExpressions;
using Terse.Harness;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Terse.DeployTests;

/// <summary>
/// The fields of a compose file that this project uses (https://compose-spec.io). Every other field is
/// refused, for instance one with a typing mistake.
/// </summary>
internal sealed partial class ComposeFile
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy/compose");

    public required string Name { get; init; }

    /// <summary>Parts that services share; the services contain their fields already.</summary>
    [YamlMember(Alias = "x-limits", ApplyNamingConventions = false)]
    public object? Limits { get; init; }

    [YamlMember(Alias = "x-database", ApplyNamingConventions = false)]
    public object? Database { get; init; }

    [YamlMember(Alias = "x-terse", ApplyNamingConventions = false)]
    public object? Terse { get; init; }

    public required Dictionary<string, ComposeService> Services { get; init; }

    public required Dictionary<string, ComposeNetwork> Networks { get; init; }

    public required Dictionary<string, Dictionary<string, string>> Volumes { get; init; }

    public required Dictionary<string, ComposeSource> Configs { get; init; }

    public required Dictionary<string, ComposeSource> Secrets { get; init; }

    /// <summary>Reads a compose file in which each variable has its default.</summary>
    /// <exception cref="YamlException">The file has a field that does not exist.</exception>
    public static ComposeFile Parse(string text)
    {
        var resolved = Variable().Replace(text, "${default}");
        return new DeserializerBuilder()
            .WithNamingConvention(UnderscoredNamingConvention.Instance)
            .WithEnforceRequiredMembers()
            .Build()
            .Deserialize<ComposeFile>(new MergingParser(new Parser(new StringReader(resolved))));
    }

    public static string ReadText() => File.ReadAllText(Path.Combine(Folder, "compose.yaml"));

    [GeneratedRegex(
        @"\$\{[A-Z_]+:-(?<default>[^}]*)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}

internal sealed class ComposeService
{
    public required string Image { get; init; }

    public Dictionary<string, string>? Build { get; init; }

    public string? User { get; init; }

    public string? Hostname { get; init; }

    public string[] Entrypoint { get; init; } = [];

    public Dictionary<string, string> Environment { get; init; } = [];

    public ComposeMount[] Configs { get; init; } = [];

    public string[] Secrets { get; init; } = [];

    public string[] Volumes { get; init; } = [];

    public string[] Tmpfs { get; init; } = [];

    public string[] Networks { get; init; } = [];

    public string[] Ports { get; init; } = [];

    public object? DependsOn { get; init; }

    public ComposeHealth? Healthcheck { get; init; }

    public string? StopSignal { get; init; }

    public string? StopGracePeriod { get; init; }

    public required string Restart { get; init; }

    public required bool ReadOnly { get; init; }

    public required string[] CapDrop { get; init; }

    public required string[] SecurityOpt { get; init; }
}

internal sealed record ComposeMount
{
    public required string Source { get; init; }

    public required string Target { get; init; }
}

internal sealed record ComposeHealth
{
    public required string[] Test { get; init; }

    public required string Interval { get; init; }

    public required string Timeout { get; init; }

    public required string Retries { get; init; }

    public string? StartPeriod { get; init; }
}

internal sealed record ComposeNetwork
{
    public bool Internal { get; init; }

    public ComposeAddresses? Ipam { get; init; }
}

internal sealed record ComposeAddresses
{
    public required Dictionary<string, string>[] Config { get; init; }
}

internal sealed record ComposeSource
{
    public required string File { get; init; }
}
