using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>An alert of the shipped rules, with the section of the runbook that it names.</summary>
internal sealed partial record ShippedAlert(string Name, string Section)
{
    public static IReadOnlyList<ShippedAlert> All { get; } =
    [
        .. from file in TimeLapse.Shipped
           from rule in Rule.Matches(File.ReadAllText(file))
           select new ShippedAlert(rule.Groups["name"].Value, SectionOf(rule.Groups["anchor"].Value)),
    ];

    /// <summary>
    /// The queries of the section: its blocks of PromQL, and the code after "Confirm:" that is no command.
    /// </summary>
    public IEnumerable<string> Queries =>
    [
        .. from block in PromQl.Matches(Section)
           from query in Query.Split(block.Groups["text"].Value)
           where query.Trim().Length > 0
           select query.Trim(),
        .. from confirmation in Confirmation.Matches(Section)
           from code in Code.Matches(confirmation.Value)
           where !code.Groups["text"].Value.StartsWith("openssl ", StringComparison.Ordinal)
           select code.Groups["text"].Value,
    ];

    /// <summary>The statements of the section's blocks of SQL.</summary>
    public IEnumerable<string> Statements =>
        from block in Sql.Matches(Section)
        from statement in block.Groups["text"].Value.Split(";\n")
        where statement.Trim().Length > 0
        select statement;

    private static string SectionOf(string anchor)
    {
        var runbook = File.ReadAllText(Path.Combine(Repository.Root, "docs/operating/alerts.md"));
        return Assert.Single(runbook.Split("\n## "), section => section.StartsWith(
            anchor + "\n", StringComparison.OrdinalIgnoreCase));
    }

    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.Multiline;

    [GeneratedRegex(
        @"- alert: (?<name>\S+)\n((?! *- alert: ).*\n)*? *runbook: docs/operating/alerts\.md#(?<anchor>\S+)",
        Options,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rule { get; }

    [GeneratedRegex(@"^```promql\n(?<text>(.*\n)*?)```", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PromQl { get; }

    [GeneratedRegex(@"^```sql\n(?<text>(.*\n)*?)```", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sql { get; }

    /// <summary>A query begins at the beginning of a line. Its further lines begin otherwise.</summary>
    [GeneratedRegex(@"\n(?=[a-z])", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Query { get; }

    [GeneratedRegex(@"^Confirm: (.+\n)+", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Confirmation { get; }

    [GeneratedRegex("`(?<text>[^`]+)`", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code { get; }
}
