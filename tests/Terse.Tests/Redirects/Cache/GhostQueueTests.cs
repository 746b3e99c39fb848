using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class GhostQueueTests
{
    private readonly GhostQueue _ghosts = new();

    [Fact]
    public void A_ghost_is_found_once()
    {
        _ghosts.Add(hash: 7, capacity: 8);

        Assert.False(_ghosts.Remove(hash: 8, capacity: 8));
        Assert.True(_ghosts.Remove(hash: 7, capacity: 8));
        Assert.False(_ghosts.Remove(hash: 7, capacity: 8));
    }

    [Fact]
    public void An_empty_queue_has_no_ghost()
    {
        Assert.False(_ghosts.Remove(hash: 0, capacity: 8));
        _ghosts.Add(hash: 1, capacity: 0);
        Assert.False(_ghosts.Remove(hash: 1, capacity: 8));
        _ghosts.Add(hash: 8, capacity: 8);
        Assert.False(_ghosts.Remove(hash: 0, capacity: 8));
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(8, false)]
    public void A_ghost_is_forgotten_after_as_many_evictions_as_there_are_cached_links(
        int evictions, bool isFound)
    {
        _ghosts.Add(hash: 0, capacity: 8);
        for (var number = 0; number < evictions; number++)
            _ghosts.Add(hash: 4, capacity: 8);

        Assert.Equal(isFound, _ghosts.Remove(hash: 0, capacity: 8));
    }

    [Fact]
    public void A_set_has_four_ghosts_and_a_fifth_replaces_the_oldest()
    {
        for (var number = 0; number < 4; number++)
            _ghosts.Add(hash: number * 16, capacity: 16);
        _ghosts.Remove(hash: 16, capacity: 16);
        _ghosts.Add(hash: 4 * 16, capacity: 16);
        Assert.Equal([0, 2, 3, 4], Found());

        for (var number = 0; number < 4; number++)
            _ghosts.Add(hash: number * 16, capacity: 16);
        _ghosts.Add(hash: 4 * 16, capacity: 16);
        Assert.Equal([1, 2, 3, 4], Found());

        IEnumerable<int> Found() =>
            Enumerable.Range(0, 6).Where(number => _ghosts.Remove(hash: number * 16, capacity: 16)).ToList();
    }

    [Fact]
    public void Ghosts_of_other_sets_are_not_replaced()
    {
        _ghosts.Add(hash: 4, capacity: 16);
        for (var number = 0; number < 8; number++)
            _ghosts.Add(hash: number * 16, capacity: 16);

        Assert.True(_ghosts.Remove(hash: 4, capacity: 16));
    }

    [Fact]
    public void The_lowest_two_bits_of_a_hash_do_not_choose_the_set()
    {
        for (var number = 0; number < 5; number++)
            _ghosts.Add(hash: number % 4, capacity: 16);

        Assert.True(_ghosts.Remove(hash: 0, capacity: 16));
        Assert.True(_ghosts.Remove(hash: 1, capacity: 16) && _ghosts.Remove(hash: 2, capacity: 16));
    }

    [Fact]
    public void The_table_grows_only_when_more_links_are_cached_than_it_has_slots()
    {
        _ghosts.Add(hash: -1, capacity: 5);
        _ghosts.Add(hash: 2, capacity: 8);
        Assert.True(_ghosts.Remove(hash: -1, capacity: 8));
        _ghosts.Add(hash: 3, capacity: 9);
        Assert.False(_ghosts.Remove(hash: 2, capacity: 9));
        Assert.True(_ghosts.Remove(hash: 3, capacity: 9));
    }

    [Fact]
    public void A_queue_for_one_link_has_a_whole_set()
    {
        _ghosts.Add(hash: 3, capacity: 1);
        Assert.True(_ghosts.Remove(hash: 3, capacity: 1));
    }
}
