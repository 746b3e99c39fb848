using Terse.Links;

namespace Terse.Bench;

/// <summary>
/// Makes links as an installation of some years has them: a few tags, hosts and words are common, most are
/// rare, and some links have a state other than active. The same number always gives the same link.
/// </summary>
internal sealed class BenchLinks(int count, DateTimeOffset now)
{
    public const int Tags = 50_000;
    public const string OtherDomain = "s.example.org";

    /// <summary>Words that this share of the links has in their titles.</summary>
    public const string Common = "summer", Medium = "autumn", Rare = "quokka", Korean = "구글";

    private const int Hosts = 2_000, Words = 20_000;

    private static readonly string[] Syllables =
        ["ka", "lo", "mi", "ne", "ru", "ta", "vo", "shi", "be", "dan", "po", "qui", "xe", "ya", "zor", "gli"];

    public int Count => count;

    public static string HostOf(int rank) => $"host{rank}.example";

    public static string TagOf(int rank) => $"Tag {rank}";

    /// <summary>An id of which each link has its own, in the order of creation.</summary>
    public static long IdOf(int number) => number * 4096L;

    public DateTimeOffset CreatedAt(int number) =>
        DateTimeOffset.FromUnixTimeMilliseconds(
            (now - (TimeSpan.FromDays(365) * ((count - number) / (double)count))).ToUnixTimeMilliseconds());

    /// <summary>The number of visits of people: most links have none.</summary>
    public static long VisitsOf(int number)
    {
        var random = new Xorshift(number ^ 0x5DEECE66);
        return random.Next(10) == 0 ? 1 + (long)(1 / Math.Pow(random.Share() + 1e-4, 1.2)) : 0;
    }

    public Link NewLink(int number)
    {
        var random = new Xorshift(number);
        var target = $"https://{HostOf(random.Ranked(Hosts))}/{WordOf(random.Ranked(Words))}/{number}";
        var isOther = random.Next(10) == 0;
        return new(
            Tsid.FromInt64(IdOf(number)), isOther ? OtherDomain : "", $"0{number}", target, CreatedAt(number))
        {
            ExpiresAt = random.Next(5) == 0 ? now.AddDays(random.Next(200) - 100) : null,
            MaxVisits = random.Next(100) == 0 ? 10 : null,
            DeletedAt = random.Next(2_000) == 0 ? now : null,
            Settings = new LinkSettings
            {
                Title = TitleOf(random, number),
                Tags = TagsOf(random),
                IsDisabled = random.Next(1_000) == 0,
                ValidFrom = random.Next(1_000) == 0 ? now.AddDays(random.Next(30)) : null,
            },
        };
    }

    private string TitleOf(Xorshift random, int number)
    {
        var words = new List<string>();
        for (var left = 2 + random.Next(4); left > 0; left--)
            words.Add(WordOf(random.Ranked(Words)));
        if (random.Next(10) == 0)
            words.Add(Common);
        if (random.Next(1_000) == 0)
            words.Add(Medium);
        if (random.Next(50) == 0)
            words.Add(Korean + "링크");
        if (number % Math.Max(count / 20, 1) == 7)
            words.Add(Rare);
        return string.Join(' ', words);
    }

    private static List<string>? TagsOf(Xorshift random)
    {
        var tags = new SortedSet<string>(StringComparer.Ordinal);
        for (var left = random.Next(4); left > 0; left--)
            tags.Add(TagOf(random.Ranked(Tags)));
        return tags.Count == 0 ? null : [.. tags];
    }

    private static string WordOf(int rank)
    {
        var word = "";
        for (var rest = rank + 1; rest > 0; rest /= Syllables.Length)
            word += Syllables[rest % Syllables.Length];
        return word;
    }

    /// <summary>A quick random generator, whose numbers are the same on every machine.</summary>
    private sealed class Xorshift(long seed)
    {
        private ulong _state = unchecked((ulong)LinkSample.Hash(seed)) | 1;

        public int Next(int end) => (int)(Step() % (ulong)end);

        public double Share() => (Step() >> 11) / (double)(1UL << 53);

        /// <summary>Returns a rank; low ranks come much more often.</summary>
        public int Ranked(int end) => (int)(end * Math.Pow(Share(), 3));

        private ulong Step()
        {
            _state ^= _state << 13;
            _state ^= _state >> 7;
            _state ^= _state << 17;
            return _state;
        }
    }
}
