using System.Reflection;
using System.Text.RegularExpressions;

namespace Terse.Tidy.Docs;

public sealed partial class SettingTests
{
    // ASP.NET Core reads these two settings, so no options class of Terse declares them.
    private static readonly string[] FrameworkSettings = ["Urls", "Logging:LogLevel:Default"];

    [Fact]
    public void Every_setting_of_the_program_is_documented() =>
        Assert.Empty(ProgramSettings().Except(Documented(), StringComparer.Ordinal));

    [Fact]
    public void Every_documented_setting_exists() =>
        Assert.Empty(Documented().Except(ProgramSettings(), StringComparer.Ordinal));

    [Fact]
    public void No_setting_is_documented_twice() =>
        Assert.All(
            Documented().CountBy(name => name, StringComparer.Ordinal), name => Assert.Equal(1, name.Value));

    /// <summary>
    /// Returns the settings of ASP.NET Core, and the settings that the options classes of Terse declare, such
    /// as <c>Database:Hosts:0</c>.
    /// </summary>
    private static List<string> ProgramSettings() =>
    [
        .. FrameworkSettings,
        .. from type in Assembly.Load("terse").GetTypes()
           let names = (IEnumerable<string>?)type.GetField("SettingNames")?.GetValue(null) ?? []
           from name in names
           select $"{type.GetField("Section")!.GetRawConstantValue()}:{name}",
    ];

    /// <summary>
    /// Returns the settings in the first column of the tables in docs/configuration.md. Options of commands,
    /// which begin with --, are skipped.
    /// </summary>
    private static List<string> Documented()
    {
        var text = File.ReadAllText(Tree.FullPath("docs/configuration.md"));
        return [.. SettingRow.Matches(text).Select(row => row.Groups["name"].Value)];
    }

    [GeneratedRegex(
        @"^\| `(?<name>[A-Z]\w*(:\w+)+|Urls)`",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex SettingRow { get; }
}
