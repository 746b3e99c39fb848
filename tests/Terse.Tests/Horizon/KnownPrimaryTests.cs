using Microsoft.Extensions.Time.Testing;
using Terse.Horizon;

namespace Terse.Tests.Horizon;

/// <summary>
/// The tests write each database host as a short text. For example, <c>Pa2x!</c> is a primary (<c>P</c>) of
/// installation <c>a</c> on timeline 2 in term <c>x</c>, and one probe of the host has failed (<c>!</c>).
/// <c>R</c> is a replica. The term is <c>-</c> while it is unknown.
/// </summary>
public sealed class KnownPrimaryTests
{
    private static readonly ClusterOptions Options = new() { Hosts = [] };

    [Theory]
    [InlineData("Pa1x", "Ra1x", "a1x", 1)]
    [InlineData("Ra1x", "Pa2-", "a2-", 2)]
    [InlineData("Pa1x", "Ra2y", "a2y", 2)]
    [InlineData("Pa2-", "Pa2y", "a2y", 1)]
    [InlineData("Pa2y", "Pa1x", "a2y", 1)]
    [InlineData("Pa2y", "Pa2z", "a2y", 1)]
    [InlineData("Pa2y", "Ra2z", "a2y", 1)]
    [InlineData("Pa5x", "Pb1y", "a5x", 1)]
    [InlineData("Pa5x", "Rb9y", "a5x", 1)]
    public void A_later_timeline_of_the_same_installation_is_known_at_once(
        string first, string second, string expected, int generation) =>
        AssertKnown(expected, generation, After(first).Update(Parse(second), Options, isLost: false));

    [Theory]
    [InlineData("Pa5x", "Pa5x!!! Pb1y", "b1y", 2)]
    [InlineData("Pa5x", "Ra5x Pb1-", "b1-", 2)]
    [InlineData("Pa2y", "Pa2z", "a2z", 2)]
    [InlineData("Pa5x", "Rb1y", "a5x", 1)]
    [InlineData("Pa5x", "Pb1y!!!", "a5x", 1)]
    [InlineData("Pa5x", "Pa4w", "a5x", 1)]
    public void Another_installation_or_term_takes_the_place_of_a_lost_primary_an_old_timeline_never(
        string first, string second, string expected, int generation) =>
        AssertKnown(expected, generation, After(first).Update(Parse(second), Options, isLost: true));

    /// <summary>
    /// The clock of a replaced primary is an hour ahead, so its horizon is an hour in the future. A replica
    /// must not be compared with this horizon, because its lag would seem to be an hour.
    /// </summary>
    [Fact]
    public void A_host_of_an_old_timeline_with_a_clock_ahead_does_not_make_a_replica_look_late()
    {
        var now = new DateTimeOffset(2026, 11, 26, 8, 0, 0, TimeSpan.Zero);
        HostStatus[] hosts = [new("old"), new("primary"), new("replica"), new("other installation")];
        var registry = new HostRegistry(hosts, Options, TimeProvider.System, new Random(1));
        registry.Update(hosts[0], Parse("Pa1x")[0] with { Horizon = now.AddHours(1) });
        registry.Update(hosts[1], Parse("Pa2y")[0] with { Horizon = now });
        registry.Update(hosts[3], Parse("Pb1z")[0] with { Horizon = now.AddHours(2) });
        registry.Update(hosts[2], Parse("Ra2y")[0] with { Horizon = now.AddSeconds(-1) });

        Assert.True(hosts[2].State.IsInRotation);
        Assert.Equal(now, registry.NewestHorizon);
        Assert.Equal(2, registry.PickRead(Freshness.AtLeast(now.AddSeconds(-1)), except: -1));
    }

    [Fact]
    public void Hosts_that_show_data_of_another_primary_only_cannot_answer_reads()
    {
        HostStatus[] hosts = [new("first"), new("second")];
        var registry = new HostRegistry(hosts, Options, TimeProvider.System, new Random(1));
        registry.Update(hosts[0], Parse("Pa2y")[0]);
        registry.Update(hosts[0], Parse("Pa1x")[0]);
        registry.Update(hosts[1], Parse("Ra1x")[0]);

        Assert.False(registry.HasReadableHost);
        Assert.Throws<HostUnavailableException>(() => registry.PickRead(Freshness.Any, except: -1));
        registry.Update(hosts[1], Parse("Ra2y")[0]);
        Assert.True(registry.HasReadableHost);
    }

    /// <summary>The late answer of a replaced primary must not look like a write of the future.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    public void Only_a_write_on_a_later_timeline_belongs_to_the_next_primary(int timeline, int generation)
    {
        HostStatus[] hosts = [new("first"), new("second")];
        var registry = new HostRegistry(hosts, Options, TimeProvider.System, new Random(1));
        registry.Update(hosts[0], Parse("Pa1x")[0]);
        registry.Update(hosts[1], Parse("Pa2y")[0]);

        Assert.Equal(generation, registry.GenerationOfWrite(timeline));
    }

    /// <summary>
    /// Two replicas are promoted one after the other, and both take timeline 2. The servers have seen a beat
    /// of the first one, and no beat of the second one.
    /// </summary>
    [Fact]
    public void A_new_primary_on_the_timeline_of_a_lost_primary_beats_and_takes_its_place()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        HostStatus[] hosts = [new("first"), new("second"), new("replica of the first")];
        var registry = new HostRegistry(hosts, Options, time, new Random(1));
        registry.Update(hosts[0], Parse("Pa2y")[0]);
        registry.Update(hosts[1], Parse("Pa2-")[0]);
        registry.Update(hosts[2], Parse("Ra2y")[0]);
        Assert.Equal((0, 0), (registry.PickPrimary(), registry.PickBeat()));
        for (var probe = 0; probe < Options.FailedProbes; probe++)
            registry.UpdateFailed(hosts[0], "lost");
        Assert.Equal((-1, -1), (registry.PickPrimary(), registry.PickBeat()));
        time.Advance(HostRegistry.LossOfPrimary);
        registry.Update(hosts[1], Parse("Pa2-")[0]);
        Assert.Equal((-1, 1), (registry.PickPrimary(), registry.PickBeat()));
        registry.Update(hosts[1], Parse("Pa2z")[0]);
        registry.Update(hosts[2], Parse("Ra2y")[0]);

        AssertKnown("a2z", 2, registry.Known);
        Assert.Equal((1, 1), (registry.PickPrimary(), registry.PickBeat()));
        Assert.False(hosts[2].State.IsInRotation);
    }

    private static void AssertKnown(string expected, int generation, KnownPrimary known)
    {
        Assert.Equal(IdentityOf(expected), known.Identity);
        Assert.Equal(generation, known.Generation);
    }

    private static KnownPrimary After(string hosts) =>
        KnownPrimary.None.Update(Parse(hosts), Options, isLost: false);

    private static HostState[] Parse(string hosts) => [.. hosts.Split(' ').Select(host => new HostState(
        host[0] == 'P' ? HostRole.Primary : HostRole.Replica,
        IdentityOf(host[1..4]),
        DateTimeOffset.UnixEpoch,
        Failures: host.Count(letter => letter == '!'),
        IsInRotation: false,
        Error: null)
    {
        IsBeforeFirstBeat = host[0] == 'P' && host[3] == '-',
    })];

    private static ClusterIdentity IdentityOf(string text) => new(
        text[0],
        text[1] - '0',
        text[2] == '-' ? Guid.Empty : new Guid(text[2], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}
