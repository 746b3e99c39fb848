using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>Tests of files that the disk cannot read, and of the ids of runs in their names.</summary>
public sealed class UnreadableSpoolTests : SpoolFixture
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_batch_in_an_unreadable_sector_is_skipped_and_its_file_is_kept(bool atStart)
    {
        var disk = new UnreadableDisk();
        var damage = new DamagedVisits(Folder.Path, Log);
        if (atStart)
        {
            using (var before = OpenSpool())
                AppendLarge(before);
            disk.Unreadable = 40_000;
        }

        using var spool = new VisitSpool(Folder.Path, MaxBytes, disk, damage);
        if (!atStart)
            AppendLarge(spool);
        disk.Unreadable = 40_000;
        AssertSentExceptSecond(spool);
        Assert.Equal((1, 1000), (damage.Batches, damage.Visits));
        Assert.Single(Log.Lines, line => line.StartsWith("1 batches", StringComparison.Ordinal));
        spool.TryAppend(Run with { Epoch = 12 }, RingId, 4_000, [VisitOf(1)]);
        Assert.Equal([1], SendAll(spool));
        Assert.EndsWith(
            ".spool" + DamagedVisits.KeptExtension,
            Assert.Single(Directory.GetFiles(Folder.Path, "*" + DamagedVisits.KeptExtension)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_opened_does_not_block_the_others()
    {
        AppendThree();
        Directory.CreateDirectory(Folder["4-12-1.spool"]);
        File.CreateSymbolicLink(Folder["4-13-1.spool"], Folder["missing"]);
        using var spool = OpenSpool();

        Assert.Equal([1, 2, 3], SendAll(spool));
        Assert.Contains("4-13-1.spool", Assert.Single(Log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_keeps_its_id_and_another_run_on_the_same_node_and_epoch_has_another_one()
    {
        var (first, second) = (
            Run with { Id = Guid.CreateVersion7() }, Run with { Id = Guid.CreateVersion7() });
        using (var spool = OpenSpool())
            spool.TryAppend(first, RingId, 1, [VisitOf(1)]);
        using var again = OpenSpool();
        again.TryAppend(second, RingId + 1, 1, [VisitOf(2)]);
        var sent = new List<(Guid Run, long Number)>();
        for (; again.Peek() is { } batch; again.Acknowledge())
            sent.Add((batch.Run.Id, batch.Number));

        Assert.Equal([(first.Id, 1), (second.Id, 1)], sent);
    }

    /// <summary>
    /// Appends three batches of 1,000 visits, 27 KB each, to one file, so that the file is complete. The byte
    /// 40,000 is in the second batch.
    /// </summary>
    private static void AppendLarge(VisitSpool spool)
    {
        for (var batch = 1; batch <= 3; batch++)
            spool.TryAppend(Run, RingId, batch * 1000, [.. Enumerable.Range(0, 1000).Select(VisitOf)]);
    }
}
