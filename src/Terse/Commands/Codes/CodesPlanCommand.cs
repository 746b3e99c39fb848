using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Terse.Codes;

namespace Terse.Commands;

/// <summary>
/// <c>terse codes plan</c>: shows for each strategy what codes would look like for an installation of a given
/// size, and the settings to copy.
/// </summary>
internal static class CodesPlanCommand
{
    private static readonly Option<int> Servers = new("--servers")
    {
        Description = "How many servers there are at most at a time, 1 to 16384.",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<double> Rate = new("--rate")
    {
        Description = "Links created a second, over all servers, up to 1000000.",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> Years = new("--years")
    {
        Description = "How many years to look ahead, 1 to 100.",
        DefaultValueFactory = _ => 10,
    };

    public static Command Create()
    {
        Servers.Validators.Add(option => Check(option, Servers, value => value is >= 1 and <= 16_384));
        Rate.Validators.Add(option => Check(option, Rate, value => value is > 0 and <= 1_000_000));
        Years.Validators.Add(option => Check(option, Years, value => value is >= 1 and <= 100));
        var command = new Command("plan", "Shows what each strategy's codes would be, and its settings.")
        {
            Servers,
            Rate,
            Years,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult arguments)
    {
        var plan = new CodePlan(
            arguments.GetValue(Servers), arguments.GetValue(Rate), arguments.GetValue(Years));
        var output = arguments.InvocationConfiguration.Output;
        output.WriteLine(Line(
            $"Servers: {plan.Servers}. Links created a second: {plan.Rate:#,0.###}. Years: {plan.Years}."));
        var (each, all) = (plan.IdsPerSecondAndServer, plan.IdsPerSecondAndServer * plan.Servers);
        output.WriteLine(Line($"Each server mints up to {each:N0} ids a second, all of them {all:N0}."));
        foreach (var strategy in plan.Strategies())
            Show(strategy, output);
        if (!plan.FitsForeignLayouts)
        {
            output.WriteLine();
            output.WriteLine("tsid-canonical and snowflake have no room for that many servers or ids.");
        }

        return 0;
    }

    private static void Show(PlannedStrategy strategy, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(strategy.Strategy);
        output.WriteLine($"  length    {string.Join(", ", strategy.Lengths.Select(Describe))}");
        output.WriteLine(
            $"  guessing  {Describe(strategy.GuessesAtMillion)} tries for a hit among a million links, "
            + $"{Describe(strategy.GuessesAtHundredMillion)} among a hundred million");
        output.WriteLine(strategy.HidesNeighbours
            ? "            a code tells nothing of the next one"
            : "            who knows a code knows where the next ones are");
        output.WriteLine($"  settings  {strategy.Settings}");
    }

    private static string Describe(PlannedLength length) => length.FromYear switch
    {
        0 => Line($"{length.Characters} characters"),
        < 1 => Line($"{length.Characters} from day {length.FromYear * 365.25:0}"),
        _ => Line($"{length.Characters} from year {length.FromYear:0.0}"),
    };

    private static string Describe(double guesses) =>
        guesses < 1e6 ? Line($"{Math.Max(1, guesses):N0}") : Line($"{guesses:0.0e+0}");

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Check<T>(OptionResult result, Option<T> option, Func<T, bool> isInRange)
    {
        if (result.Errors.Any() || isInRange(result.GetValue(option)!))
            return;
        result.AddError($"{option.Name}: {option.Description}");
    }
}
