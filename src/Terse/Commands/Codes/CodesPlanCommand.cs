using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Terse.Codes;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse codes plan</c>. For an installation of a given size, the command shows how long the
/// codes of each strategy are, how hard they are to guess, and which settings select the strategy.
/// </summary>
internal static class CodesPlanCommand
{
    private static readonly Option<int> Servers = new("--servers")
    {
        Description = "The largest number of servers that run at the same time, 1 to 16384.",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<double> Rate = new("--rate")
    {
        Description = "Links created per second over all servers, up to 1000000.",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> Years = new("--years")
    {
        Description = "The period of the plan in years, 1 to 100.",
        DefaultValueFactory = _ => 10,
    };

    public static Command Create()
    {
        Servers.Validators.Add(option => Check(option, Servers, value => value is >= 1 and <= 16_384));
        Rate.Validators.Add(option => Check(option, Rate, value => value is > 0 and <= 1_000_000));
        Years.Validators.Add(option => Check(option, Years, value => value is >= 1 and <= 100));
        var command = new Command("plan", "Shows the codes of each strategy, and its settings.")
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
            $"Servers: {plan.Servers}. Links created per second: {plan.Rate:#,0.###}. Years: {plan.Years}."));
        var (each, all) = (plan.IdsPerSecondAndServer, plan.IdsPerSecondAndServer * plan.Servers);
        output.WriteLine(Line($"Each server mints up to {each:N0} ids per second, all servers {all:N0}."));
        foreach (var strategy in plan.Strategies())
            Show(strategy, output);
        if (!plan.FitsForeignLayouts)
        {
            output.WriteLine();
            output.WriteLine("tsid-canonical and snowflake are not possible for so many servers or ids.");
        }

        return 0;
    }

    private static void Show(StrategyEstimate strategy, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(strategy.Strategy);
        output.WriteLine($"  length    {string.Join(", ", strategy.Lengths.Select(Describe))}");
        output.WriteLine(
            $"  guessing  {Describe(strategy.GuessesAtMillion)} guesses per hit with a million links, "
            + $"{Describe(strategy.GuessesAtHundredMillion)} with 100 million");
        output.WriteLine(strategy.HidesNeighbours
            ? "            a code reveals nothing about the next code"
            : "            a code reveals the range of the next codes");
        output.WriteLine($"  settings  {strategy.Settings}");
    }

    private static string Describe(LengthEstimate length) => length.FromYear switch
    {
        0 => Line($"{length.Characters} characters"),
        < 1 => Line($"{length.Characters} from day {length.FromYear * 365.25:0}"),
        _ => Line($"{length.Characters} from year {length.FromYear:0.0}"),
    };

    private static string Describe(double guesses) =>
        guesses < 1e6 ? Line($"{Math.Max(1, guesses):N0}") : Line($"{guesses:0.0e+0}");

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reports a value that is not a number, or that is out of range.</summary>
    private static void Check<T>(OptionResult result, Option<T> option, Func<T, bool> isInRange)
        where T : IParsable<T>
    {
        if (result.Tokens is not [{ Value: var text }])
            return; // The option has its default, or System.CommandLine reports the wrong number of values.
        if (!T.TryParse(text, CultureInfo.InvariantCulture, out var value) || !isInRange(value))
            result.AddError($"{option.Name} is '{text}'. {option.Description}");
    }
}
