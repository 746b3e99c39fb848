using Microsoft.Extensions.Options;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Contains all strategies that create codes. The settings select the strategy that creates new codes. Each
/// existing code can have been created by any of the strategies.
/// </summary>
internal sealed class CodeStrategies : IDisposable
{
    private readonly IdCipher? _cipher;
    private readonly string? _secretCheck;

    public CodeStrategies(IOptions<CodeOptions> options)
    {
        var codes = options.Value;
        _cipher = codes.Secret is null ? null : new IdCipher(codes.Secret);
        _secretCheck = codes.Secret is null ? null : IdCipher.CheckValueOf(codes.Secret);
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

    /// <summary>The strategy that creates new codes. The setting <c>Codes:Strategy</c> selects it.</summary>
    public ICodeStrategy Chosen { get; }

    /// <summary>Returns the history of the codes that belong to these layouts.</summary>
    public CodeHistory HistoryOf(StoredLayouts stored) => new(
        stored.Layouts, All, canDecrypt: stored.SecretCheck is not { } check || check == _secretCheck);

    /// <summary>
    /// Returns whether the codes of a strategy can be encrypted. Only strategies whose unencrypted codes
    /// reveal the next code support encryption.
    /// </summary>
    public static bool CanBeOpaque(string name) => name
        is TsidStrategy.StrategyName or ForeignStrategy.CanonicalName or ForeignStrategy.SnowflakeName;

    public void Dispose() => _cipher?.Dispose();
}
