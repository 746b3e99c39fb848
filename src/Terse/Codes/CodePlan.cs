using System.Globalization;
using System.Numerics;

namespace Terse.Codes;

/// <summary>What a strategy would do for an installation of a given size.</summary>
/// <param name="Strategy">Its name, and whether opaque.</param>
/// <param name="Lengths">How long codes are, and from when on, over the years.</param>
/// <param name="GuessesAtMillion">Guesses for one hit once there are a million links.</param>
/// <param name="GuessesAtHundredMillion">Guesses for one hit once there are a hundred million.</param>
/// <param name="HidesNeighbours">Whether a code tells nothing of the next one.</param>
/// <param name="Settings">The sections <c>Codes</c> and <c>Ids</c> to copy.</param>
internal sealed record PlannedStrategy(
    string Strategy,
    IReadOnlyList<PlannedLength> Lengths,
    double GuessesAtMillion,
    double GuessesAtHundredMillion,
    bool HidesNeighbours,
    string Settings);

/// <summary>Codes have so many characters from so many years after the installation on.</summary>
internal sealed record PlannedLength(int Characters, double FromYear);

/// <summary>
/// Finds the shortest codes for an installation: as few bits of node and sequence as its servers and their
/// load need, since each bit halves the time until codes grow by a character.
/// </summary>
/// <param name="Servers">How many servers there are at most at a time, 1 to 16,384.</param>
/// <param name="Rate">
/// Links created a second, over all servers, steadily; more than 0, at most 1,000,000.
/// </param>
/// <param name="Years">How far to look ahead, 1 to 100.</param>
internal sealed record CodePlan(int Servers, double Rate, int Years)
{
    private const double SecondsOfYear = 365.25 * 86_400;
    private const double TicksPerSecond = 100;

    /// <summary>
    /// Room for servers that are being replaced, or that crashed and hold their node for a while.
    /// </summary>
    private const double SpareServers = 0.25;

    /// <summary>A quarter of the servers is to carry the load of all.</summary>
    private const double PartThatCarries = 0.25;

    /// <summary>1,600 ids a second and server: what bursts of a small installation need.</summary>
    private const int LeastSequenceBits = 4;

    /// <summary>How full the room of random codes may become.</summary>
    private const double MaxFull = 0.01;

    private static readonly CodeOptions Defaults = new();

    public int NodeBits => BitsFor(Servers * (1 + SpareServers));

    public int SequenceBits => Math.Max(
        LeastSequenceBits,
        BitsFor(Rate / Math.Max(1, Servers * PartThatCarries) / TicksPerSecond));

    /// <summary>What one server can mint, sustained.</summary>
    public double IdsPerSecondAndServer => Math.ScaleB(TicksPerSecond, SequenceBits);

    /// <summary>Whether a server's ids fit those of canonical TSID and Snowflake.</summary>
    public bool FitsForeignLayouts => NodeBits <= TsidLayout.Canonical.NodeBits
        && SequenceBits <= TsidLayout.Canonical.SequenceBits;

    private double RoomPerSecond => Math.ScaleB(TicksPerSecond, NodeBits + SequenceBits);

    public IEnumerable<PlannedStrategy> Strategies()
    {
        var dense = RoomPerSecond / Rate;
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
            foreach (var (name, length, room) in new[]
                { ("tsid-canonical", 13, Math.Pow(2, 63)), ("snowflake", 19, Math.Pow(2, 63) - 1e18) })
            {
                yield return new(name, Always(length), dense, dense, false, Settings(name));
                yield return new(
                    name + ", opaque", Always(length), room / 1e6, room / 1e8, true,
                    Settings(name, OpaqueSettings));
            }
        }

        yield return Sparse("ulid", 26, Math.Pow(2, 80) * 1000);
        yield return Sparse("uuidv7", 36, Math.Pow(2, 74) * 1000);
        yield return Random();
    }

    private const string OpaqueSettings = ", \"Opaque\": true, \"Secret\": \"…\"";

    private PlannedStrategy Sparse(string name, int length, double roomPerSecond) => new(
        name, Always(length), roomPerSecond / Rate, roomPerSecond / Rate, true, Settings(name));

    private PlannedStrategy Random()
    {
        var links = Rate * Years * SecondsOfYear;
        var length = Defaults.RandomLength;
        while (RandomRoom(length) * MaxFull < links)
            length++;
        var settings = string.Create(CultureInfo.InvariantCulture, $", \"RandomLength\": {length}");
        var room = RandomRoom(length);
        return new("random", Always(length), room / 1e6, room / 1e8, true, Settings("random", settings));
    }

    private static double RandomRoom(int length)
    {
        var alphabet = Defaults.RandomAlphabet;
        return alphabet.Count(char.IsAsciiLetter) * Math.Pow(alphabet.Length, length - 1);
    }

    /// <summary>
    /// A code of n characters is an id below 10·62ⁿ⁻¹; the first day's shorter ones are left out.
    /// </summary>
    private List<PlannedLength> TsidLengths()
    {
        var lengths = new List<PlannedLength>();
        var from = 0.0;
        for (var characters = 1; from < Years; characters++)
        {
            var until = 10 * Math.Pow(62, characters - 1) / RoomPerSecond / SecondsOfYear;
            if (until > 1 / 365.25)
                lengths.Add(new(characters, lengths.Count == 0 ? 0 : from));
            from = until;
        }

        return lengths;
    }

    /// <summary>
    /// All codes of the length that the last of the links has, or less, for one of the links.
    /// </summary>
    private double OpaqueGuesses(double links)
    {
        var room = 10.0;
        while (room < links / Rate * RoomPerSecond)
            room *= 62;
        return room / links;
    }

    private static List<PlannedLength> Always(int characters) => [new(characters, FromYear: 0)];

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
