using Terse.Harness;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitRingTests : IDisposable
{
    private const int Slots = 64;

    private readonly TemporaryFolder _folder = new();

    private string RingFile => _folder["visits.ring"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_visit_of_several_writers_is_read_exactly_once()
    {
        const int Writers = 4;
        const int VisitsEach = 50_000;
        var ring = VisitRing.Create(RingFile, Slots, [], NoDisk.Instance);
        var full = 0L;
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (var visit = 0; visit < VisitsEach; visit++)
            {
                var link = ((long)writer * VisitsEach) + visit;
                var wait = default(SpinWait);
                while (!ring.TryWrite(VisitOf(link)))
                {
                    Interlocked.Increment(ref full);
                    wait.SpinOnce();
                }
            }
        })).ToList();

        var seen = new bool[Writers * VisitsEach];
        var last = new long[Writers];
        Array.Fill(last, -1);
        var idle = default(SpinWait);
        for (var position = 0L; position < seen.Length; position++)
        {
            RawVisit visit;
            while (!ring.TryRead(position, out visit))
                idle.SpinOnce();
            Assert.Equal($"agent {visit.Link}", System.Text.Encoding.UTF8.GetString(visit.UserAgent));
            Assert.False(seen[visit.Link], "read twice");
            seen[visit.Link] = true;
            Assert.True(last[visit.Link / VisitsEach] < visit.Link, "a writer's visits changed their order");
            last[visit.Link / VisitsEach] = visit.Link;
            ring.Release(position + 1);
        }

        await Task.WhenAll(writers);
        Assert.Equal(seen.Length, ring.Written);
        Assert.Equal(0, ring.Waiting);
        Assert.True(full > 0, "the ring was never full");
    }

    [Fact]
    public void A_full_ring_refuses_visits_until_a_slot_is_released()
    {
        var ring = VisitRing.Create(RingFile, Slots, [], NoDisk.Instance);
        for (var link = 0; link < Slots; link++)
            Assert.True(ring.TryWrite(VisitOf(link)));
        Assert.False(ring.TryWrite(VisitOf(100)));
        ring.Release(2);

        Assert.True(ring.TryWrite(VisitOf(101)));
        Assert.True(ring.TryWrite(VisitOf(102)));
        Assert.False(ring.TryWrite(VisitOf(103)));
        Assert.True(ring.TryRead(Slots, out var visit));
        Assert.Equal(101, visit.Link);
        Assert.False(ring.TryRead(Slots + 2, out _));
    }

    [Fact]
    public void Unreleased_visits_are_recovered_from_the_file_after_a_kill()
    {
        var ring = VisitRing.Create(RingFile, Slots, [], NoDisk.Instance);
        for (var link = 0L; link < 150; link++)
        {
            Assert.True(ring.TryWrite(VisitOf(link)));
            ring.Release(Math.Max(0, link - 40));
        }

        var recovered = RecoveredVisits.Read(RingFile, NoDisk.Instance);
        Assert.Equal(ring.Id, recovered.RingId);
        Assert.Equal(Enumerable.Range(109, 41).Select(link => (long)link), recovered.Visits.Select(LinkOf));
        Assert.Equal(recovered.Visits.Select(LinkOf), recovered.Visits.Select(visit => visit.Position));
        Assert.Equal("agent 109", System.Text.Encoding.UTF8.GetString(
            VisitSlot.Read(recovered.Visits[0].Slot).UserAgent));
    }

    [Fact]
    public void All_visits_of_a_large_ring_are_recovered()
    {
        const int Count = 3_000; // The file is read in chunks of 512 slots.
        var ring = VisitRing.Create(RingFile, 4_096, [], NoDisk.Instance);
        for (var link = 0L; link < Count; link++)
            Assert.True(ring.TryWrite(VisitOf(link)));

        var recovered = RecoveredVisits.Read(RingFile, NoDisk.Instance);
        Assert.False(recovered.IsDamaged);
        Assert.Equal(Enumerable.Range(0, Count).Select(link => (long)link), recovered.Visits.Select(LinkOf));
    }

    [Fact]
    public void A_new_ring_starts_with_the_recovered_visits_and_grows_to_hold_them()
    {
        var old = VisitRing.Create(RingFile, Slots * 2, [], NoDisk.Instance);
        for (var link = 0; link < 100; link++)
            Assert.True(old.TryWrite(VisitOf(link)));
        var recovered = RecoveredVisits.Read(RingFile, NoDisk.Instance)
            .Visits.Select(visit => visit.Slot).ToList();
        var ring = VisitRing.Create(RingFile, Slots, recovered, NoDisk.Instance);

        Assert.NotEqual(old.Id, ring.Id);
        Assert.Equal((100, 0), (ring.Waiting, ring.Written));
        Assert.True(ring.TryRead(99, out var last));
        Assert.Equal(99, last.Link);
        Assert.True(ring.TryWrite(VisitOf(100)));
        Assert.Equal(101, RecoveredVisits.Read(RingFile, NoDisk.Instance).Visits.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(5_000)]
    public void An_incomplete_ring_file_has_no_visits_to_recover(int length)
    {
        VisitRing.Create(RingFile, Slots, [], NoDisk.Instance).TryWrite(VisitOf(1));
        using (var file = File.OpenWrite(RingFile))
            file.SetLength(length);

        var recovered = RecoveredVisits.Read(RingFile, NoDisk.Instance);
        Assert.Null(recovered.RingId);
        Assert.Empty(recovered.Visits);
    }

    [Fact]
    public void A_slot_with_random_damage_is_invalid_or_readable()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        var slot = new byte[VisitSlot.Bytes];
        for (var round = 0; round < 100_000; round++)
        {
            VisitSlot.Write(slot, VisitOf(round));
            for (var damage = random.Next(4); damage >= 0; damage--)
                slot[random.Next(32)] = (byte)random.Next(256);
            if (!VisitSlot.IsValid(slot))
                continue;
            var visit = VisitSlot.Read(slot);
            Assert.InRange(visit.UserAgent.Length + visit.Referrer.Length, 0, VisitSlot.Bytes);
            Assert.InRange(DateTimeOffset.FromUnixTimeMilliseconds(visit.At).Year, 1970, 9999);
            Assert.InRange(visit.Link, 0, long.MaxValue);
        }
    }

    private static long LinkOf((long Position, byte[] Slot) visit) => VisitSlot.Read(visit.Slot).Link;

    /// <summary>
    /// A slot of the version before ends after the user agent, and the byte with the length of the rule is 0.
    /// A slot that contains a rule is read by the version before without the rule.
    /// </summary>
    [Fact]
    public void A_slot_of_the_version_before_is_a_visit_without_a_rule()
    {
        var visit = new VisitInput
        {
            Outcome = RedirectOutcome.Followed,
            Link = 1,
            At = 1,
            Referrer = "a.example",
            UserAgent = "agent",
            Rule = "half",
        };
        var slot = new byte[VisitSlot.Bytes];
        VisitSlot.Write(slot, visit);
        Assert.Equal("half", System.Text.Encoding.UTF8.GetString(VisitSlot.Read(slot).Rule));
        Assert.Equal("a.exampleagenthalf", System.Text.Encoding.UTF8.GetString(slot.AsSpan(24, 18)));

        slot[19] = 0;
        var read = VisitSlot.Read(slot);
        Assert.True(VisitSlot.IsValid(slot));
        Assert.Equal((0, 9, 5), (read.Rule.Length, read.Referrer.Length, read.UserAgent.Length));
        slot[19] = 65;
        Assert.False(VisitSlot.IsValid(slot));
    }

    private static VisitInput VisitOf(long link) => new()
    {
        Outcome = RedirectOutcome.Followed,
        Link = link,
        At = 1_700_000_000_000 + link,
        UserAgent = $"agent {link}",
    };
}
