using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using Terse.Commands;
using Terse.Harness;

namespace Terse.Tests.Planning;

public sealed partial class PlanCommandTests
{
    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("0.5", 0.5)]
    [InlineData("2.5k", 2500.0)]
    [InlineData("3M", 3e6)]
    [InlineData("100G", 1e11)]
    [InlineData("-1", null)]
    [InlineData("1e3", null)]
    [InlineData("5K", null)]
    [InlineData("k", null)]
    [InlineData("", null)]
    [InlineData("NaN", null)]
    public void A_quantity_is_a_number_with_a_suffix(string text, double? expected) =>
        Assert.Equal(expected, Quantity.TryParse(text));

    [Theory]
    [InlineData(0.5, "0.5")]
    [InlineData(0.0018, "0.0018")]
    [InlineData(999.4, "999")]
    [InlineData(2520, "2.52k")]
    [InlineData(1e11, "100G")]
    public void A_quantity_is_written_with_few_digits(double number, string expected) =>
        Assert.Equal(expected, Quantity.Format(number));

    [Theory]
    [InlineData("--links x --redirects 1 --creates 1", "--links is 'x'; write a number from 0 to")]
    [InlineData("--links 1 --redirects 2G --creates 1", "--redirects is '2G'; write a number from 0 to 1G")]
    [InlineData("--links 1 --redirects 1 --creates -1", "--creates is '-1'; write a number from 0 to 1M")]
    [InlineData("--links 1 --redirects 1 --creates 1 --visits 2", "--visits is '2'; a visit is a redirect")]
    [InlineData("--links 1 --redirects 1 --creates 1 --cached 101", "--cached is '101'; write a number")]
    [InlineData("--links 1 --redirects 1 --creates 1 --retention 0", "--retention is '0'; write a number")]
    [InlineData("--links 1 --redirects 1 --creates 1 --years 1.5", "--years is '1.5'; write a number from 1")]
    [InlineData("--links 1 --redirects 1", "Option '--creates' is required")]
    public async Task Nonsense_is_an_error_that_says_what_to_write(string options, string expected)
    {
        var (code, text) = await RunAsync(options);

        Assert.Equal(1, code);
        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plan_can_be_printed_as_JSON()
    {
        var (code, text) = await RunAsync("--links 1M --redirects 10k --creates 10 --json");
        using var plan = JsonDocument.Parse(text);
        var costs = plan.RootElement.GetProperty("monthlyCosts");

        Assert.Equal(0, code);
        Assert.Equal("PostgreSQL", plan.RootElement.GetProperty("storage").GetString());
        Assert.Equal(5, plan.RootElement.GetProperty("limits").GetArrayLength());
        Assert.InRange(costs.GetProperty("total").GetDouble(), costs.GetProperty("servers").GetDouble(), 1e9);
    }

    /// <summary>Each example of the page is a command, and all that it prints.</summary>
    [Fact]
    public async Task The_examples_in_the_page_about_scale_are_what_the_command_prints()
    {
        var page = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "docs", "scale.md"), TestContext.Current.CancellationToken);
        var examples = Example().Matches(page);

        Assert.InRange(examples.Count, 3, 20);
        foreach (Match example in examples)
        {
            var (code, text) = await RunAsync(example.Groups["options"].Value);
            Assert.Equal((0, example.Groups["output"].Value.Trim()), (code, text.Trim()));
        }
    }

    private static async Task<(int Code, string Text)> RunAsync(string options)
    {
        await using var output = new StringWriter();
        var command = new RootCommand { PlanCommand.Create() };
        var code = await command.Parse($"plan {options}").InvokeAsync(
            new InvocationConfiguration { Output = output, Error = output },
            TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }

    [GeneratedRegex(
        @"```console\n\$ terse plan (?<options>[^\n]+)\n(?<output>.*?)\n```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Example();
}
