using System.Globalization;
using System.Numerics;

namespace Terse.Codes;

/// <summary>Describes the codes that one strategy creates in an installation of the planned size.</summary>
/// <param name="Strategy">The name of the strategy, with "opaque" if the codes are encrypted.</param>
/// <param name="Lengths">The lengths of new codes over the years.</param>
/// <param name="GuessesAtMillion">
/// How many codes an attacker must guess on average to find one link when there are a million links.
/// </param>
/// <param name="GuessesAtHundredMillion">
/// How many codes an attacker must guess on average to find one link when there are 100 million links.
/// </param>
/// <param name="HidesNeighbours">Whether a code reveals nothing about the next code.</param>
/// <param name="Settings">
/// The configuration sections <c>Codes</c> and <c>Ids</c> as JSON, for the operator to copy.
/// </param>
internal sealed record StrategyEstimate(
    string Strategy,
    IReadOnlyList<LengthEstimate> Lengths,
    double GuessesAtMillion,
    double GuessesAtHundredMillion,
    bool HidesNeighbours,
    string Settings);

/// <param name="Characters">How many characters a new code has.</param>
/// <param name="FromYear">
/// The age of the installation, in years, from which new codes have this length.
/// </param>
internal sealed record LengthEstimate(int Characters, double FromYear);

/// <summary>
/// Finds the shortest codes for an installation. Ids get only as many node bits and sequence bits as the
/// servers and the load need, because each further bit halves the time after which new codes become one
/// character longer.
/// </summary>
/// <param name="Servers">How many servers run at the same time at most, 1 to 16,384.</param>
/// <param name="Rate">
/// How many links all servers together create per second over a long time; more than 0, at most 1,000,000.
/// </param>
/// <param name="Years">How many years the plan covers, 1 to 100.</param>
internal sealed record CodePlan(int Servers, double Rate, int Years)
{
    private const double SecondsOfYear = 365.25 * 86_400;
    private const double TicksPerSecond = 100;

    /// <summary>
    /// How many nodes the plan adds, as a share of the number of servers. More nodes than servers are in use
    /// in two cases: during a rolling update, a new server and the server that it replaces both have a node,
    /// and the node of a crashed server stays reserved until the reservation ends.
    /// </summary>
    private const double SpareServers = 0.25;

    /// <summary>
    /// The plan has enough sequence bits for this share of the servers to mint the ids of all new links.
    /// </summary>
    private const double SufficientShare = 0.25;

    /// <summary>
    /// 4 bits allow 1,600 ids per second and server, which is enough for the bursts of a small installation.
    /// </summary>
    private const int MinSequenceBits = 4;

    /// <summary>
    /// Links may use up at most this share of all possible random codes, so that few new codes are already
    /// taken.
    /// </summary>
    private const double MaxUsedShare = 0.01;

    private static readonly CodeOptions Defaults = new();

    public int NodeBits => BitsFor(Servers * (1 + SpareServers));

    public int SequenceBits => Math.Max(
        MinSequenceBits,
        BitsFor(Rate / Math.Max(1, Servers * SufficientShare) / TicksPerSecond));

    /// <summary>How many ids one server can mint per second over a long time.</summary>
    public double IdsPerSecondAndServer => Math.ScaleB(TicksPerSecond, SequenceBits);

    /// <summary>Whether the planned ids fit into the layouts of canonical TSID and Snowflake.</summary>
    public bool FitsForeignLayouts => NodeBits <= TsidLayout.Canonical.NodeBits
        && SequenceBits <= TsidLayout.Canonical.SequenceBits;

    /// <summary>How many different ids exist per second, summed over all nodes.</summary>
    private double IdSpacePerSecond => Math.ScaleB(TicksPerSecond, NodeBits + SequenceBits);

    public IEnumerable<StrategyEstimate> Strategies()
    {
        var dense = IdSpacePerSecond / Rate;
        yield return new("tsid", TsidLengths(), dense, dense, false, Settings("tsid"));
        yield return new(
            "tsid, opaque",
            TsidLengths(),
            OpaqueGuesses(1e6),
            OpaqueGuesses(1e8),
            HidesNeighbours: true,
            Settings("tsid", OpaqueSettings));
        if (FitsForeignLayouts)
        {
            foreach (var (name, length, codes) in new[]
                { ("tsid-canonical", 13, Math.Pow(2, 63)), ("snowflake", 19, Math.Pow(2, 63) - 1e18) })
            {
                yield return new(name, Always(length), dense, dense, false, Settings(name));
                yield return new(
                    name + ", opaque", Always(length), codes / 1e6, codes / 1e8, true,
                    Settings(name, OpaqueSettings));
            }
        }

        yield return Sparse("ulid", 26, Math.Pow(2, 80) * 1000);
        yield return Sparse("uuidv7", 36, Math.Pow(2, 74) * 1000);
        yield return Random();
    }

    private const string OpaqueSettings = ", \"Opaque\": true, \"Secret\": \"…\"";

    private StrategyEstimate Sparse(string name, int length, double codesPerSecond) => new(
        name, Always(length), codesPerSecond / Rate, codesPerSecond / Rate, true, Settings(name));

    private StrategyEstimate Random()
    {
        var links = Rate * Years * SecondsOfYear;
        var length = Defaults.RandomLength;
        while (RandomCodes(length) * MaxUsedShare < links)
            length++;
        var settings = string.Create(CultureInfo.InvariantCulture, $", \"RandomLength\": {length}");
        var codes = RandomCodes(length);
        return new("random", Always(length), codes / 1e6, codes / 1e8, true, Settings("random", settings));
    }

    private static double RandomCodes(int length)
    {
        var alphabet = Defaults.RandomAlphabet;
        return alphabet.Count(char.IsAsciiLetter) * Math.Pow(alphabet.Length, length - 1);
    }

    /// <summary>
    /// Returns the lengths of tsid codes over the years. The code of an id has at most n characters if the id
    /// is below 10·62ⁿ⁻¹. The list omits lengths that new codes exceed within the first day.
    /// </summary>
    private List<LengthEstimate> TsidLengths()
    {
        var lengths = new List<LengthEstimate>();
        var from = 0.0;
        for (var characters = 1; from < Years; characters++)
        {
            var until = 10 * Math.Pow(62, characters - 1) / IdSpacePerSecond / SecondsOfYear;
            if (until > 1 / 365.25)
                lengths.Add(new(characters, lengths.Count == 0 ? 0 : from));
            from = until;
        }

        return lengths;
    }

    /// <summary>
    /// Returns how many codes an attacker must guess on average to find one link: the number of codes that
    /// are at most as long as the code of the newest link, divided by the number of links.
    /// </summary>
    private double OpaqueGuesses(double links)
    {
        var codes = 10.0;
        while (codes < links / Rate * IdSpacePerSecond)
            codes *= 62;
        return codes / links;
    }

    private static List<LengthEstimate> Always(int characters) => [new(characters, FromYear: 0)];

    private string Settings(string strategy, string others = "") => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        { "Codes": { "Strategy": "{{strategy}}"{{others}} }, "Ids": {{IdSettings}} }
        """);

    private string IdSettings =>
        $$"""{ "NodeBits": {{NodeBits}}, "SequenceBits": {{SequenceBits}} }""";

    private static int BitsFor(double count) =>
        count <= 1 ? 0 : BitOperations.Log2((uint)Math.Ceiling(count) - 1) + 1;
}
