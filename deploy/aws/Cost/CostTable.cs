using System.Globalization;
using System.Text;
using Terse.Aws.Settings;

namespace Terse.Aws.Cost;

/// <summary>The table of costs in the README, as Markdown.</summary>
internal static class CostTable
{
    public static string Write(PriceList prices)
    {
        var estimates = FleetSizes.All.Select(size => CostEstimate.Of(size, prices)).ToList();
        var text = new StringBuilder()
            .Append("| US dollars a month | ").AppendJoin(" | ", FleetSizes.All.Select(size => size.Name))
            .Append(" |\n| --- |")
            .Append(string.Concat(Enumerable.Repeat(" ---: |", estimates.Count))).Append('\n');
        foreach (var part in estimates[0].Select(line => line.Part).Distinct(StringComparer.Ordinal))
            AddRow(text, part, estimates.Select(lines => Sum(lines.Where(line => line.Part == part))));
        AddRow(text, "**together**", estimates.Select(Sum));
        return text.ToString();
    }

    private static decimal Sum(IEnumerable<CostLine> lines) => lines.Sum(line => line.Monthly);

    private static void AddRow(StringBuilder text, string name, IEnumerable<decimal> amounts) => text
        .Append("| ").Append(name).Append(" | ")
        .AppendJoin(" | ", amounts.Select(amount => amount.ToString("N0", CultureInfo.InvariantCulture)))
        .Append(" |\n");
}
