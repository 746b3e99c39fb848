using Microsoft.Extensions.Options;

namespace Terse.Codes;

/// <summary>
/// All strategies. The settings choose the strategy of new codes; every strategy can have created older
/// codes.
/// </summary>
internal sealed class CodeStrategies : IDisposable
{
    private readonly IdCipher? _cipher;

    public CodeStrategies(IOptions<CodeOptions> options)
    {
        var codes = options.Value;
        _cipher = codes.Secret is null ? null : new IdCipher(codes.Secret);
        All =
        [
            new TsidStrategy(_cipher),
            new ForeignStrategy(TsidLayout.Canonical, "C", _cipher),
            new ForeignStrategy(TsidLayout.Snowflake, "D", _cipher),
            new UlidStrategy(),
            new UuidStrategy(),
            new RandomStrategy(codes.RandomLength, codes.RandomAlphabet),
        ];
        Chosen = All.Single(strategy => strategy.Name == codes.Strategy);
    }

    public static IReadOnlyList<string> Names { get; } =
    [
        TsidStrategy.StrategyName, ForeignStrategy.CanonicalName, ForeignStrategy.SnowflakeName,
        UlidStrategy.StrategyName, UuidStrategy.StrategyName, RandomStrategy.StrategyName,
    ];

    public IReadOnlyList<ICodeStrategy> All { get; }

    /// <summary>The strategy of new codes, from <c>Codes:Strategy</c>.</summary>
    public ICodeStrategy Chosen { get; }

    /// <summary>
    /// Whether a strategy's codes can be encrypted: only where one code would otherwise reveal the next.
    /// </summary>
    public static bool CanBeOpaque(string name) => name
        is TsidStrategy.StrategyName or ForeignStrategy.CanonicalName or ForeignStrategy.SnowflakeName;

    public void Dispose() => _cipher?.Dispose();
}
