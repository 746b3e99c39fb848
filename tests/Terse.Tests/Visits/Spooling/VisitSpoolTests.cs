using Terse.Harness;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitSpoolTests : IDisposable
{
    private const long MaxBytes = 1 << 20;
    private const long RingId = 7;

    private static readonly VisitRun Run = new(3, 11);

    private readonly TemporaryFolder _folder = new();

    private string[] Files => Directory.GetFiles(_folder.Path, "*.spool");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Visits_are_read_as_they_were_written()
    {
        Visit[] visits =
        [
            VisitOf(1) with { Country = "DE", Referrer = "a.example", Browser = "Firefox", Os = "Android" },
            VisitOf(2) with { IsBot = true, Device = "phone" },
            VisitOf(0) with { Outcome = RedirectOutcome.Unknown, Referrer = "bücher.example" },
        ];
        using var spool = new VisitSpool(_folder.Path, MaxBytes);
        Assert.True(spool.TryAppend(Run, RingId, 3, visits));

        var batch = spool.Peek();
        Assert.Equal((3, 11, 1), (batch!.Node, batch.Epoch, batch.Number));
        Assert.Equal(visits, batch.Visits);
        Assert.Equal(3, spool.Waiting);
    }

    [Fact]
    public void A_batch_stays_until_it_is_acknowledged()
    {
        using var spool = new VisitSpool(_folder.Path, MaxBytes);
        spool.TryAppend(Run, RingId, 1, [VisitOf(1)]);
        spool.TryAppend(Run, RingId, 3, [VisitOf(2), VisitOf(3)]);
        Assert.Equal(1, spool.Peek()?.Number);
        Assert.Equal(1, spool.Peek()?.Number);
        spool.Acknowledge();

        Assert.Equal(2, spool.Peek()?.Number);
        Assert.Equal(2, spool.Waiting);
        spool.Acknowledge();
        Assert.Null(spool.Peek());
        Assert.Equal(0, spool.Waiting);
    }

    [Fact]
    public void Batches_of_an_earlier_process_are_sent_from_the_first_unacknowledged_batch()
    {
        using (var spool = new VisitSpool(_folder.Path, MaxBytes))
        {
            for (var number = 1; number <= 3; number++)
                spool.TryAppend(Run, RingId, number * 10, [VisitOf(number)]);
            spool.Peek();
            spool.Acknowledge();
        }

        using var next = new VisitSpool(_folder.Path, MaxBytes);
        Assert.Equal((2, 30), (next.Waiting, next.EndOf(RingId)));
        next.TryAppend(new VisitRun(3, 12), RingId + 1, 5, [VisitOf(4)]);
        var sent = new List<(long Epoch, long Number)>();
        for (; next.Peek() is { } batch; next.Acknowledge())
            sent.Add((batch.Epoch, batch.Number));

        Assert.Equal([(11, 2), (11, 3), (12, 1)], sent);
        Assert.Equal(0, next.EndOf(RingId));
        Assert.Equal(5, next.EndOf(RingId + 1));
        Assert.EndsWith("3-12-1.spool", Assert.Single(Files), StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file_has_only_its_complete_batches()
    {
        var lengths = new List<long>();
        using (var spool = new VisitSpool(_folder.Path, MaxBytes))
        {
            for (var number = 1; number <= 4; number++)
            {
                spool.TryAppend(Run, RingId, number * 10, [VisitOf(number), VisitOf(-number)]);
                lengths.Add(new FileInfo(Files.Single()).Length);
            }
        }

        var whole = File.ReadAllBytes(Files.Single());
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Files.Single(), whole[..length]);
            using var torn = new VisitSpool(_folder.Path, MaxBytes);
            var batches = lengths.Count(end => end <= length);
            Assert.Equal((batches * 2, batches * 10), (torn.Waiting, torn.EndOf(RingId)));
        }
    }

    [Fact]
    public void A_damaged_batch_ends_the_file()
    {
        using (var spool = new VisitSpool(_folder.Path, MaxBytes))
        {
            spool.TryAppend(Run, RingId, 1, [VisitOf(1)]);
            spool.TryAppend(Run, RingId, 2, [VisitOf(2)]);
        }

        var whole = File.ReadAllBytes(Files.Single());
        var second = 64 + ((whole.Length - 64) / 2);
        for (var index = second; index < whole.Length; index++)
        {
            var spoiled = (byte[])whole.Clone();
            spoiled[index] ^= 0x10;
            File.WriteAllBytes(Files.Single(), spoiled);
            using var spool = new VisitSpool(_folder.Path, MaxBytes);
            Assert.Equal((1, 1), (spool.Waiting, spool.EndOf(RingId)));
        }
    }

    [Fact]
    public void A_full_spool_refuses_batches_until_a_whole_file_is_acknowledged()
    {
        using var spool = new VisitSpool(_folder.Path, MaxBytes);
        var end = 0L;
        while (spool.TryAppend(Run, RingId, end + 1000, [.. Enumerable.Range(0, 1000).Select(VisitOf)]))
            end += 1000;
        Assert.InRange(Files.Sum(file => new FileInfo(file).Length), MaxBytes, MaxBytes + (1 << 16));
        Assert.InRange(Files.Length, 10, 20);
        while (!spool.TryAppend(Run, RingId, end + 1, [VisitOf(1)]))
        {
            Assert.NotNull(spool.Peek());
            spool.Acknowledge();
        }

        Assert.InRange(spool.Waiting, end / 2, end);
    }

    [Fact]
    public void A_spool_whose_batches_are_acknowledged_at_once_stays_small()
    {
        using var spool = new VisitSpool(_folder.Path, MaxBytes);
        for (var number = 1; number <= 500; number++)
        {
            Assert.True(spool.TryAppend(Run, RingId, number, [.. Enumerable.Range(0, 100).Select(VisitOf)]));
            Assert.Equal(number, spool.Peek()?.Number);
            spool.Acknowledge();
        }

        Assert.InRange(Files.Length, 1, 2);
        Assert.InRange(Files.Sum(file => new FileInfo(file).Length), 0, 1 << 18);
    }

    [Fact]
    public void A_repeated_run_continues_the_batch_numbers()
    {
        using (var spool = new VisitSpool(_folder.Path, MaxBytes))
            spool.TryAppend(Run, RingId, 1, [VisitOf(1)]);
        using var again = new VisitSpool(_folder.Path, MaxBytes);
        again.TryAppend(Run, RingId + 1, 1, [VisitOf(2)]);
        Assert.Equal(1, again.Peek()?.Number);
        again.Acknowledge();

        Assert.Equal(2, again.Peek()?.Number);
        Assert.Equal(VisitOf(2), Assert.Single(again.Peek()!.Visits));
    }

    private static Visit VisitOf(int link) => new(
        Tsid.FromInt64(Math.Abs(link)),
        DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(link),
        RedirectOutcome.Followed,
        IsBot: false,
        Country: "",
        Referrer: "",
        Browser: "",
        Os: "",
        Device: "");
}
