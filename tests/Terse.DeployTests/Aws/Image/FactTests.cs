using System.Text.RegularExpressions;
using Terse.Aws.Settings;
using Terse.Harness;

namespace Terse.DeployTests;

[Collection(Templates.Collection)]
public sealed partial class FactTests
{
    public static TheoryData<string> Sources { get; } = new("S3", "Efs");

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_setting_in_the_user_data_and_in_the_unit_exists(string source)
    {
        var data = UserData.Of(Templates.Of(FleetSizes.Medium, Enum.Parse<ConfigurationSource>(source)));
        var unit = File.ReadAllText(Path.Combine(Repository.Root, "deploy/aws/image/terse.service.conf"));
        var documented = File.ReadAllText(Path.Combine(Repository.Root, "docs/configuration.md"));
        var names = Fact.Matches(data + unit)
            .Select(match => match.Groups["name"].Value.Replace("__", ":", StringComparison.Ordinal))
            .Select(name => ListElement.Replace(name, ":0"))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        Assert.True(names.Count >= 11);
        Assert.All(names, name => Assert.Contains($"| `{name}`", documented, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_variable_that_a_script_reads_is_in_the_user_data()
    {
        var templates = Templates.Of(FleetSizes.Small);
        AssertReads(["configure-server", "lifecycle"], UserData.Of(templates));
        AssertReads(["prepare"], UserData.Of(templates, "prepare"));
    }

    private static void AssertReads(string[] scripts, string data)
    {
        var read = scripts.SelectMany(script => Variable.Matches(
            File.ReadAllText(Path.Combine(Repository.Root, "deploy/aws/image", script)))).ToList();
        Assert.NotEmpty(read);
        Assert.All(read, variable => Assert.Contains(
            $"\n{variable.Groups["name"].Value}='", data, StringComparison.Ordinal));
    }

    [GeneratedRegex("TERSE__(?<name>\\w+)=",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fact { get; }

    [GeneratedRegex(":[0-9]+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListElement { get; }

    /// <summary>Variables of the fleet. Those with a default in the script are for tests.</summary>
    [GeneratedRegex(
        @"\$\{?(?<name>(FLEET|PREPARE)_\w+)(?!\w|:-)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable { get; }
}
