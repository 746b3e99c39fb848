using Microsoft.Extensions.Options;

namespace Terse.Codes;

/// <summary>All strategies: one makes the codes of new links, any can have made those of old ones.</summary>
internal sealed class CodeStrategies : IDisposable
{
    private readonly OpaqueIds? _opaque;

    public CodeStrategies(IOptions<CodeOptions> options)
    {
        var keys = options.Value;
        _opaque = keys.Secret is null ? null : new OpaqueIds(keys.Secret);
        All =
        [
            new TsidStrategy(_opaque),
            new ForeignStrategy(TsidLayout.Canonical, "C", _opaque),
            new ForeignStrategy(TsidLayout.Snowflake, "D", _opaque),
            new UlidStrategy(),
            new UuidStrategy(),
            new RandomStrategy(keys.RandomLength, keys.RandomAlphabet),
        ];
        Chosen = All.Single(strategy => strategy.Name == keys.Strategy);
    }

    public static IReadOnlyList<string> Names { get; } =
    [
        TsidStrategy.StrategyName, ForeignStrategy.CanonicalName, ForeignStrategy.SnowflakeName,
        UlidStrategy.StrategyName, UuidStrategy.StrategyName, RandomStrategy.StrategyName,
    ];

    public IReadOnlyList<ICodeStrategy> All { get; }

    /// <summary>The one of the settings.</summary>
    public ICodeStrategy Chosen { get; }

    /// <summary>Whether a strategy's codes follow from each other, so that hiding that makes sense.</summary>
    public static bool CanBeOpaque(string name) => name
        is TsidStrategy.StrategyName or ForeignStrategy.CanonicalName or ForeignStrategy.SnowflakeName;

    public void Dispose() => _opaque?.Dispose();
}
