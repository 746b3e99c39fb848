using Terse.Horizon;

namespace Terse.Tests.Horizon;

/// <summary>
/// The tests write each database host as a short text. For example, <c>R1,20!+</c> is a replica (<c>R</c>) on
/// timeline 1 with a lag of 20 s; one probe of the host has failed (<c>!</c>), and the host serves ordinary
/// reads (<c>+</c>). The other roles are <c>P</c> (primary) and <c>U</c> (unknown). <c>*</c> means that the
/// host is busy, and <c>?</c> means that a read on the host failed recently.
/// </summary>
public sealed class RouterTests
{
    private static readonly DateTimeOffset Newest = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly ClusterOptions Options = new() { Hosts = [] };

    [Theory]
    [InlineData("P1", 0)]
    [InlineData("R1 P1", 1)]
    [InlineData("R1 U0", -1)]
    [InlineData("P1 P2", 1)]
    [InlineData("P2 P1", 0)]
    [InlineData("P1!! R1", 0)]
    [InlineData("P1!!! R1", -1)]
    [InlineData("P1 R2", -1)]
    [InlineData("P1 P2!!! R1", -1)]
    public void Writes_go_to_the_primary_of_the_latest_timeline(string hosts, int expected) =>
        Assert.Equal(
            expected,
            Router.PickPrimary([.. Parse(hosts).Select(view => view.State)], KnownOf(hosts), Options));

    [Theory]
    [InlineData("P1 R1+", "any", 1)]
    [InlineData("P1 R1+", "latest", 0)]
    [InlineData("P1", "any", 0)]
    [InlineData("P1 R1,20", "any", 0)]
    [InlineData("P1 R1,2+ R1,1+", "1", 2)]
    [InlineData("P1 R1,2+", "1", 0)]
    [InlineData("P1 R1+* R1+", "any", 2)]
    [InlineData("P1 R1!+ R1+", "any", 2)]
    [InlineData("P1 R1!+", "any", 0)]
    [InlineData("P1 R1?+ R1+", "any", 2)]
    [InlineData("P1 R1?+", "any", 0)]
    [InlineData("P1!!! R1,60", "any", 1)]
    [InlineData("P1!!! R1,60", "1", -1)]
    [InlineData("P1!!! R1,60", "latest", -1)]
    [InlineData("U0 U0", "any", -1)]
    public void Reads_go_to_the_less_busy_replica_that_is_fresh_enough_else_to_the_primary(
        string hosts, string freshness, int expected)
    {
        // The router picks a host at random two times, possibly the same host both times, and uses the less
        // busy of the two. So the router uses the busiest host only if it picks this host both times.
        var picks = Enumerable.Range(0, 40).Select(seed =>
            Router.PickRead(
                Parse(hosts), ParseFreshness(freshness), -1, KnownOf(hosts), Options, new Random(seed)));

        Assert.Equal(expected, picks.GroupBy(host => host).MaxBy(group => group.Count())!.Key);
    }

    [Theory]
    [InlineData("P1 R1+ R1+", "any", 1, 2)]
    [InlineData("P1 R1+", "any", 1, 0)]
    [InlineData("P1", "any", 0, -1)]
    [InlineData("P1 R1+", "latest", 0, -1)]
    public void A_read_does_not_return_to_the_host_that_just_failed(
        string hosts, string freshness, int failed, int expected) =>
        Assert.Equal(
            expected,
            Router.PickRead(
                Parse(hosts), ParseFreshness(freshness), failed, KnownOf(hosts), Options, new Random(1)));

    [Theory]
    [InlineData("R1,9", true, true)]
    [InlineData("R1,9", false, false)]
    [InlineData("R1,5", false, true)]
    [InlineData("R1,11", true, false)]
    [InlineData("R1!!", true, true)]
    [InlineData("R1!!!", true, false)]
    [InlineData("R0", true, false)]
    [InlineData("P1", true, false)]
    public void A_host_in_rotation_is_a_replica_that_answers_lags_little_and_follows_the_present_primary(
        string host, bool wasInRotation, bool expected) =>
        Assert.Equal(
            expected,
            Router.BelongsInRotation(Parse(host)[0].State, wasInRotation, KnownOf("P1"), Newest, Options));

    private static Freshness ParseFreshness(string text) => text switch
    {
        "any" => Freshness.Any,
        "latest" => Freshness.Latest,
        _ => Freshness.AtLeast(Newest.AddSeconds(-int.Parse(text, null))),
    };

    private static KnownPrimary KnownOf(string hosts) => KnownPrimary.None.Update(
        [.. Parse(hosts).Select(view => view.State)], Options, isLost: false);

    private static RouterView[] Parse(string hosts) => [.. hosts.Split(' ').Select(ParseHost)];

    private static RouterView ParseHost(string text)
    {
        var numbers = text.Trim('!', '+', '*', '?')[1..].Split(',');
        var lag = numbers.Length > 1 ? int.Parse(numbers[1], null) : 0;
        var role = text[0] switch { 'P' => HostRole.Primary, 'R' => HostRole.Replica, _ => HostRole.Unknown };
        var state = new HostState(
            role,
            new ClusterIdentity(SystemIdentifier: 1, int.Parse(numbers[0], null), Guid.Empty),
            Newest.AddSeconds(-lag),
            Failures: text.Count(letter => letter == '!'),
            IsInRotation: text.Contains('+', StringComparison.Ordinal),
            Error: null);
        return new(
            state,
            Reads: text.Contains('*', StringComparison.Ordinal) ? 9 : 0,
            HasFailedRecently: text.Contains('?', StringComparison.Ordinal));
    }
}
