using System.Globalization;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class CodesTests
{
    private static readonly string Secret = new('s', 32);

    /// <summary>
    /// Restarts the server on the same database with a different code strategy each time. After each start
    /// all links that were created before still work.
    /// </summary>
    [Fact]
    public async Task The_strategy_can_change_at_any_start_and_all_codes_still_lead_to_their_targets()
    {
        using var folder = new TemporaryFolder();
        var made = new Dictionary<string, string>();
        foreach (var (strategy, opaque, pattern) in new[]
        {
            ("tsid", "false", "^[0-9][0-9A-Za-z]{2,11}$"),
            ("random", "false", "^[A-Za-z][0-9A-Za-z]{7}$"),
            ("tsid", "true", "^[0-9][0-9A-Za-z]{2,11}$"),
            ("tsid-canonical", "false", "^[0-7][0-9A-HJKMNP-TV-Z]{12}$"),
            ("snowflake", "true", "^[1-9][0-9]{18}$"),
            ("ulid", "false", "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"),
            ("uuidv7", "false", "^[0-9][0-9a-f]{7}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"),
            ("tsid", "false", "^[0-9][0-9A-Za-z]{2,11}$"),
        })
        {
            await using var server = await ServeAsync(folder, strategy, opaque);
            for (var link = 0; link < 20; link++)
            {
                var target = $"https://example.com/{strategy}/{opaque}/{made.Count}";
                var code = await server.CreateCodeAsync(target);
                Assert.Matches(pattern, code);
                made.Add(code!, target);
            }

            foreach (var (code, target) in made)
                Assert.Equal(target, await server.FollowAsync(code));
            Assert.Equal(0, await server.StopAsync());
        }
    }

    [Theory]
    [InlineData("tsid", "false")]
    [InlineData("tsid", "true")]
    [InlineData("tsid-canonical", "false")]
    [InlineData("snowflake", "true")]
    [InlineData("ulid", "false")]
    [InlineData("uuidv7", "false")]
    public async Task Show_prints_the_time_the_strategy_and_the_node_of_a_code(string strategy, string opaque)
    {
        using var folder = new TemporaryFolder();
        var before = TimeProvider.System.GetUtcNow().AddMilliseconds(-20);
        string? code;
        await using (var server = await ServeAsync(folder, strategy, opaque))
            code = await server.CreateCodeAsync("https://example.com/");
        var after = TimeProvider.System.GetUtcNow().AddMilliseconds(20);
        var shown = await ShowAsync(folder, code!);

        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        Assert.Equal("strategy  " + strategy + (opaque == "true" ? ", opaque" : ""), shown.OutputLines[0]);
        var begin = shown.OutputLines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        var minted = DateTimeOffset.Parse(begin, CultureInfo.InvariantCulture);
        Assert.InRange(minted, before, after);
        Assert.Equal(
            strategy is not ("ulid" or "uuidv7"),
            shown.OutputLines.Contains("node      0 of 32", StringComparer.Ordinal));
    }

    [Fact]
    public async Task Show_explains_codes_without_a_time_and_creates_no_database()
    {
        using var folder = new TemporaryFolder();
        var none = await ShowAsync(folder, "0abc");
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("There is no database", none.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["links/terse.db"]));

        await using (await ServeAsync(folder, "tsid", "false"))
        {
            var chosen = await ShowAsync(folder, "sale");
            var unknown = await ShowAsync(folder, "9zzzzzzzzz");
            var future = await ShowAsync(folder, "01T6MMM8000000000000000000");
            var impossible = await ShowAsync(folder, "9?9");
            Assert.Contains("in the future", future.Output, StringComparison.Ordinal);
            Assert.Contains("no code", impossible.Output, StringComparison.Ordinal);
            var late = await Command.TerseAsync("codes", "show", "--Storage:Folder", folder["links"], "0abc");
            Assert.Equal(1, late.ExitCode);
            Assert.Contains("Put the code before", late.Errors, StringComparison.Ordinal);
            Assert.Contains("does not begin with a digit", chosen.Output, StringComparison.Ordinal);
            Assert.Contains("No layout", unknown.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Plan_prints_the_codes_and_the_settings_of_each_strategy()
    {
        var plan = await Command.TerseAsync(
            "codes", "plan", "--servers", "64", "--rate", "5000", "--years", "10");

        Assert.Equal((0, ""), (plan.ExitCode, plan.Errors));
        foreach (var name in new[] { "tsid", "tsid-canonical", "snowflake", "ulid", "uuidv7", "random" })
        {
            Assert.Contains(name, plan.OutputLines, StringComparer.Ordinal);
            Assert.Contains($"\"Strategy\": \"{name}\"", plan.Output, StringComparison.Ordinal);
        }

        Assert.Contains("  length    7 characters, 8 from day 32, 9 from year 5.4", plan.OutputLines);
    }

    [Fact]
    public async Task Output_that_cannot_be_written_is_an_error_of_one_line()
    {
        var full = await Command.RunAsync("sh", ["-c", $"'{Repository.Program}' codes plan >/dev/full"]);

        Assert.Equal(1, full.ExitCode);
        Assert.Contains("cannot be written", Assert.Single(full.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("16385")]
    [InlineData("x")]
    [InlineData("1,000")]
    [InlineData("99999999999999999999")]
    public async Task Plan_refuses_a_wrong_number_of_servers_with_the_value_and_the_range(string servers)
    {
        var wrong = await Command.TerseAsync("codes", "plan", "--servers", servers);

        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains($"--servers is '{servers}'.", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("1 to 16384", wrong.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", wrong.Errors, StringComparison.Ordinal);
    }

    private static Task<TerseProcess> ServeAsync(TemporaryFolder folder, string strategy, string opaque) =>
        TerseProcess.StartAsync(
            Repository.Program,
            ["serve", "--urls", "http://127.0.0.1:0", "--data", folder["links"]],
            folder.Path,
            ("TERSE__Codes__Strategy", strategy),
            ("TERSE__Codes__Opaque", opaque),
            ("TERSE__Codes__Secret", Secret));

    private static Task<CommandResult> ShowAsync(TemporaryFolder folder, string code) => Command.RunAsync(
        Repository.Program,
        ["codes", "show", code, "--data", folder["links"]],
        folder: folder.Path,
        environment: ("TERSE__Codes__Secret", Secret));
}
