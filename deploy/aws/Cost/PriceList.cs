using System.Text.Json;

namespace Terse.Aws.Cost;

/// <summary>The prices of <c>prices.json</c>, which the reader can change.</summary>
internal sealed record PriceList
{
    public required string Remark { get; init; }

    public required int HoursPerMonth { get; init; }

    public required Dictionary<string, decimal> PerHour { get; init; }

    public required Dictionary<string, decimal> PerMonth { get; init; }

    /// <summary>Prices of things that are counted, whatever time they take.</summary>
    public required Dictionary<string, decimal> Each { get; init; }

    public static PriceList Read() => JsonSerializer.Deserialize<PriceList>(
        File.ReadAllText(
            Path.Combine(AppContext.BaseDirectory, "Cost/prices.json")), JsonSerializerOptions.Web)!;

    /// <summary>The price of one thing for a month, or of one counted thing.</summary>
    /// <exception cref="KeyNotFoundException"><c>prices.json</c> has no price with this name.</exception>
    public decimal Of(string name)
    {
        if (PerHour.TryGetValue(name, out var hour))
            return hour * HoursPerMonth;
        if (PerMonth.TryGetValue(name, out var month) || Each.TryGetValue(name, out month))
            return month;
        throw new KeyNotFoundException($"prices.json has no price of \"{name}\".");
    }
}
