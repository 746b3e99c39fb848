using System.Globalization;
using Terse.Planning;

namespace Terse.Commands;

/// <summary>Prints a plan for people.</summary>
internal static class PlanText
{
    public static async Task WriteAsync(Workload load, ScalePlan plan, TextWriter output)
    {
        await output.WriteLineAsync(
            $"{Quantity.Format(load.Links)} links; {Quantity.Format(load.Redirects)} redirects, "
            + $"{Quantity.Format(load.Creates)} creations and {Quantity.Format(load.Visits)} counted visits "
            + "a second.");
        await output.WriteLineAsync();
        await TextTable.WriteAsync(output, [.. NeedsOf(plan)]);
        await output.WriteLineAsync();
        await TextTable.WriteAsync(output, [.. LimitsOf(plan)]);
        await output.WriteLineAsync();
        await TextTable.WriteAsync(output, [.. CostsOf(plan.MonthlyCosts)]);
        await output.WriteLineAsync();
        await output.WriteLineAsync(
            "The costs are from example prices of AWS: check them. docs/scale.md says where the figures are "
            + "from.");
    }

    private static IEnumerable<string[]> NeedsOf(ScalePlan plan)
    {
        yield return ["storage", plan.Storage];
        if (plan.Installations > 1)
        {
            yield return
            [
                "installations",
                $"{plan.Installations}, each with domains of its own; below is what one of them needs",
            ];
        }

        yield return ["servers", Number(plan.Servers)];
        if (plan.DatabaseSize is { } size)
        {
            yield return ["primary", $"{size}, and a standby in another zone"];
            yield return ["replicas", $"{plan.Replicas} of {size}"];
        }

        yield return ["disk of each host", Gigabytes(plan.DiskGigabytes)];
        yield return ["Ids:NodeBits", Number(plan.NodeBits)];
        yield return ["Ids:SequenceBits", Number(plan.SequenceBits)];
        yield return ["length of codes", $"{plan.CodeLength} characters"];
    }

    private static IEnumerable<string[]> LimitsOf(ScalePlan plan)
    {
        yield return ["what is full first", "used", "limit", "carries"];
        foreach (var limit in plan.Limits)
        {
            var (used, max) = (Amount(limit.Used, limit.Unit), Amount(limit.Limit, limit.Unit));
            yield return
            [
                limit.Part, used, max,
                double.IsInfinity(limit.Growth) ? "any load" : $"{Quantity.Format(limit.Growth)} × this load",
            ];
        }
    }

    private static IEnumerable<string[]> CostsOf(PlanCosts costs) =>
    [
        ["costs a month", "US dollars"],
        ["servers", Number(costs.Servers)],
        ["databases", Number(costs.Databases)],
        ["disks", Number(costs.Disks)],
        ["load balancers", Number(costs.Balancers)],
        ["traffic", Number(costs.Traffic)],
        ["CDN", Number(costs.Cdn)],
        ["total", Number(costs.Total)],
    ];

    private static string Amount(double number, string unit) =>
        unit == "GB" ? Gigabytes(number) : $"{Quantity.Format(number)} {unit}";

    private static string Gigabytes(double number) =>
        number < 1000 ? $"{Quantity.Format(number)} GB" : $"{Quantity.Format(number / 1000)} TB";

    private static string Number(double number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
