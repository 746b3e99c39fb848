using Terse.Harness;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

public sealed class MissGateTests : IDisposable
{
    private static readonly (string Domain, string Code) Key = ("", "code");

    private readonly FakeTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly Figures _figures = new();

    [Fact]
    public async Task A_second_holds_as_many_questions_as_the_budget_says_and_twice_as_many_at_once()
    {
        var gate = NewGate();
        var asked = 0;

        Assert.Equal(20, await CountAsync(gate, 100));
        Assert.Equal(20, asked);
        _time.Pass(TimeSpan.FromSeconds(0.5));
        Assert.Equal(5, await CountAsync(gate, 100));
        _time.Pass(TimeSpan.FromHours(1));
        Assert.Equal(20, await CountAsync(gate, 100));
        Assert.Equal((45, 255), (Misses("asked"), Misses("over_budget")));

        async Task<int> CountAsync(MissGate<string> gate, int questions)
        {
            var answered = 0;
            for (var question = 0; question < questions; question++)
            {
                var answer = await gate.AskAsync(("", $"{question}"), AnswerAsync);
                answered += answer is null ? 0 : 1;
            }

            return answered;
        }

        Task<string> AnswerAsync((string Domain, string Code) key)
        {
            asked++;
            return Task.FromResult(key.Code);
        }
    }

    [Fact]
    public async Task Those_who_come_while_it_is_asked_share_what_is_found()
    {
        var gate = NewGate();
        var answer = new TaskCompletionSource<string>();
        var asked = 0;
        var waiting = Enumerable.Range(0, 50).Select(_ => gate.AskAsync(Key, AskAsync)).ToList();
        answer.SetResult("link");

        Assert.All(await Task.WhenAll(waiting), found => Assert.Equal("link", found));
        Assert.Equal(1, asked);
        Assert.Equal((1, 49), (Misses("asked"), Misses("shared")));

        Task<string> AskAsync((string Domain, string Code) key)
        {
            asked++;
            return answer.Task;
        }
    }

    /// <summary>
    /// The link may have been created, and acknowledged, after the first question was asked.
    /// </summary>
    [Fact]
    public async Task That_nothing_was_found_holds_only_for_those_who_came_before_it_was_asked()
    {
        var gate = NewGate();
        var (older, newer) = (new TaskCompletionSource<string>(), new TaskCompletionSource<string>());
        var asked = 0;
        var first = gate.AskAsync(Key, AskAsync);
        var later = Enumerable.Range(0, 5).Select(_ => gate.AskAsync(Key, AskAsync)).ToList();
        older.SetResult("nothing");
        newer.SetResult("link");

        Assert.Equal("nothing", await first);
        Assert.All(await Task.WhenAll(later), found => Assert.Equal("link", found));

        Task<string> AskAsync((string Domain, string Code) key) =>
            Interlocked.Increment(ref asked) == 1 ? older.Task : newer.Task;
    }

    public void Dispose() => _figures.Dispose();

    private MissGate<string> NewGate() => new(perSecond: 10, IsFound, new LookupMetrics(_figures), _time);

    private long Misses(string outcome) => _figures[$"terse.lookup.misses {outcome}"];

    private static bool IsFound(string answer) => answer == "link";
}
