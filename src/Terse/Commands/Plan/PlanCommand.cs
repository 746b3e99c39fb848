using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Terse.Planning;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse plan</c>, which computes what a workload needs: servers, replicas, disk, codes and
/// costs, and which part is full first.
/// </summary>
internal static class PlanCommand
{
    private const double MaxLinks = 1e15;
    private const double MaxRedirects = 1e9;
    private const double MaxCreates = 1e6;

    private static readonly Option<string> Links =
        Amount("--links", "The links in the database, up to 1000000G.");

    private static readonly Option<string> Redirects =
        Amount("--redirects", "Redirects a second, up to 1G. Amounts can end in k, M or G, such as 2.5k.");

    private static readonly Option<string> Creates = Amount("--creates", "Links created a second, up to 1M.");

    private static readonly Option<string?> Visits = new("--visits")
    {
        Description = "Redirects a second that reach Terse; a CDN answers the others. [default: --redirects]",
    };

    private static readonly Option<double> Cached = new("--cached")
    {
        Description = "The percentage of the visits whose link is in the memory of a server, 0 to 100.",
        DefaultValueFactory = _ => 95,
    };

    private static readonly Option<int> Retention = new("--retention")
    {
        Description = "The days for which single visits are stored, 1 to 3660.",
        DefaultValueFactory = _ => 90,
    };

    private static readonly Option<int> Years = new("--years")
    {
        Description = "The years after which the length of new codes is shown, 1 to 100.",
        DefaultValueFactory = _ => 10,
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Prints the plan as JSON.",
    };

    public static Command Create()
    {
        var command = new Command("plan", "Computes servers, replicas, disk, codes and costs for a load.")
        {
            Links, Redirects, Creates, Visits, Cached, Retention, Years, Json,
        };
        command.Validators.Add(FindErrors);
        command.SetAction(RunAsync);
        return command;
    }

    private static Option<string> Amount(string name, string description) =>
        new(name) { Description = description, Required = true };

    private static void FindErrors(CommandResult arguments)
    {
        Check(Links, MaxLinks);
        Check(Redirects, MaxRedirects);
        Check(Creates, MaxCreates);
        CheckRange(Cached, 0, 100);
        CheckRange(Retention, 1, 3660);
        CheckRange(Years, 1, 100);
        if (arguments.GetResult(Visits)?.Tokens is [{ Value: var text }]
            && Quantity.TryParse(arguments.GetResult(Redirects)?.Tokens is [{ Value: var all }] ? all : "")
                is { } redirects
            && !(Quantity.TryParse(text) <= redirects))
        {
            arguments.AddError(
                $"--visits is '{text}'; a visit is a redirect, so write a number from 0 to --redirects.");
        }

        void Check(Option<string> option, double max)
        {
            if (arguments.GetResult(option)?.Tokens is [{ Value: var text }]
                && !(Quantity.TryParse(text) <= max))
            {
                arguments.AddError(
                    $"{option.Name} is '{text}'; write a number from 0 to {Quantity.Format(max)}, such as "
                    + "500, 2.5k, 3M or 1G.");
            }
        }

        void CheckRange<T>(Option<T> option, T min, T max)
            where T : IParsable<T>, IComparable<T>
        {
            if (arguments.GetResult(option)?.Tokens is [{ Value: var text }]
                && (!T.TryParse(text, CultureInfo.InvariantCulture, out var value)
                    || value.CompareTo(min) < 0 || value.CompareTo(max) > 0))
            {
                arguments.AddError($"{option.Name} is '{text}'; write a number from {min} to {max}.");
            }
        }
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        double AmountOf(Option<string> option) =>
            Quantity.TryParse(arguments.GetRequiredValue(option))!.Value;

        var redirects = AmountOf(Redirects);
        var load = new Workload(
            AmountOf(Links),
            redirects,
            AmountOf(Creates),
            arguments.GetValue(Visits) is { } visits ? Quantity.TryParse(visits)!.Value : redirects)
        {
            CachedShare = arguments.GetValue(Cached) / 100,
            RetentionDays = arguments.GetValue(Retention),
            Years = arguments.GetValue(Years),
        };
        var plan = ScalePlanner.Plan(load);
        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(Json))
        {
            var json = new PlanJson(new JsonSerializerOptions(JsonOutput.Indented)
            {
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            });
            await output.WriteLineAsync(JsonSerializer.Serialize(plan, json.ScalePlan));
        }
        else
        {
            await PlanText.WriteAsync(load, plan, output);
        }

        return 0;
    }
}

[JsonSerializable(typeof(ScalePlan))]
internal sealed partial class PlanJson : JsonSerializerContext;
