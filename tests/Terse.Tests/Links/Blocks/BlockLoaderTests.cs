using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Terse.Access;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class BlockLoaderTests : IDisposable
{
    private const string Evil = "https://evil.example/";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly KeptLog _log = new();
    private readonly FakeBlockStore _store = new();
    private readonly BlockMap _map = TestBlocks.NewMap();
    private readonly BlockLoader _loader;

    public BlockLoaderTests()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _loader = new BlockLoader(_store, _map, _time, factory.CreateLogger<BlockLoader>());
    }

    public void Dispose()
    {
        _loader.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task The_blocks_are_read_at_the_start_and_again_after_a_change()
    {
        _store.Block("evil.example");
        await _loader.StartingAsync(default);
        Assert.True(_map.Current.IsBlocked(Evil));

        _store.Block();
        await _loader.ReadAsync(default);

        Assert.False(_map.Current.IsBlocked(Evil));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Without_a_change_the_blocks_are_not_published_again()
    {
        _store.Block("evil.example");
        await _loader.StartingAsync(default);
        var tables = _map.Current;

        await _loader.ReadAsync(default);

        Assert.Same(tables, _map.Current);
    }

    [Fact]
    public async Task Without_a_primary_the_server_starts_with_the_blocks_of_a_replica_and_reads_again_later()
    {
        _store.Block("evil.example");
        _store.IsPrimaryLost = true;
        await _loader.StartingAsync(default);
        Assert.True(_map.Current.IsBlocked(Evil));
        Assert.Single(_log.Lines);

        _store.IsPrimaryLost = false;
        await _loader.ReadAsync(default);

        Assert.Null(_store.LastKnown);
    }

    [Fact]
    public async Task While_the_database_is_lost_the_server_keeps_its_blocks()
    {
        _store.Block("evil.example");
        await _loader.StartingAsync(default);
        _store.IsPrimaryLost = true;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _loader.ReadAsync(default));

        Assert.True(_map.Current.IsBlocked(Evil));
    }

    [Fact]
    public async Task After_a_pause_of_four_seconds_a_load_waits_for_the_blocks()
    {
        await _loader.StartingAsync(default);
        _store.Block("evil.example");
        _time.Advance(BlockLoader.MaxAge - TimeSpan.FromMilliseconds(1));
        Assert.True(_loader.ConfirmAsync().AsTask().IsCompleted);
        Assert.Equal(1, _store.Reads);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await _loader.ConfirmAsync();

        Assert.True(_map.Current.IsBlocked(Evil));
        Assert.Equal(_time.GetTimestamp(), _loader.ConfirmedAt);
    }

    [Fact]
    public async Task While_the_database_is_lost_only_one_load_in_four_seconds_waits_for_the_blocks()
    {
        await _loader.StartingAsync(default);
        var confirmedAt = _loader.ConfirmedAt;
        _store.IsPrimaryLost = true;
        _time.Advance(BlockLoader.MaxAge);
        await _loader.ConfirmAsync();
        var reads = _store.Reads;

        Assert.True(_loader.ConfirmAsync().AsTask().IsCompleted);

        Assert.Equal((reads, confirmedAt), (_store.Reads, _loader.ConfirmedAt));
    }

    [Fact]
    public async Task A_load_waits_no_longer_than_a_read_may_take()
    {
        await _loader.StartingAsync(default);
        _store.Answer = new TaskCompletionSource();
        _time.Advance(BlockLoader.MaxAge);
        var confirming = _loader.ConfirmAsync().AsTask();
        await Terse.Harness.Eventually.IsTrueAsync(() => Task.FromResult(_store.Reads == 2));
        Assert.False(confirming.IsCompleted);

        _time.Advance(BlockLoader.MaxWait - TimeSpan.FromMilliseconds(1));
        Assert.False(confirming.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await confirming;

        _store.Answer.SetResult();
    }

    [Fact]
    public async Task The_time_of_a_confirmation_is_that_before_the_read()
    {
        await _loader.StartingAsync(default);
        var begin = _time.GetTimestamp();
        _store.OnRead = () => _time.Advance(TimeSpan.FromSeconds(1));

        await _loader.ReadAsync(default);

        Assert.Equal(begin, _loader.ConfirmedAt);
    }

    [Fact]
    public async Task The_blocks_count_as_checked_for_five_seconds_after_the_begin_of_a_read()
    {
        await _loader.StartingAsync(default);
        Assert.True(_loader.IsChecked);
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.True(_loader.IsChecked);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_loader.IsChecked);

        _store.OnRead = () => _time.Advance(TimeSpan.FromSeconds(5));
        await _loader.ReadAsync(default);
        Assert.False(_loader.IsChecked);

        _store.OnRead = () => { };
        await _loader.ReadAsync(default);
        Assert.True(_loader.IsChecked);
    }

    [Fact]
    public async Task A_failed_read_counts_as_a_check_for_five_seconds_after_its_end()
    {
        await _loader.StartingAsync(default);
        _store.IsPrimaryLost = true;
        _store.OnRead = () => _time.Advance(BlockLoader.MaxWait);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _loader.ReadAsync(default));
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.True(_loader.IsChecked);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(_loader.IsChecked);
    }

    [Fact]
    public async Task A_read_that_a_suspension_of_the_server_cut_off_is_no_check()
    {
        await _loader.StartingAsync(default);
        _store.IsPrimaryLost = true;
        _store.OnRead = () => _time.Advance(TimeSpan.FromSeconds(9));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _loader.ReadAsync(default));
        Assert.False(_loader.IsChecked);

        _store.IsPrimaryLost = false;
        _store.OnRead = () => { };
        _store.Block("evil.example");
        await _loader.ConfirmAsync();

        Assert.True(_map.Current.IsBlocked(Evil));
    }

    private sealed class FakeBlockStore : IBlockStore
    {
        private int _changes;
        private BlockedHost[] _hosts = [];

        public bool IsPrimaryLost { get; set; }

        public TaskCompletionSource? Answer { get; set; }

        public Action OnRead { get; set; } = () => { };

        public int Reads { get; private set; }

        public Guid? LastKnown { get; private set; }

        public TimeSpan CheckInterval => TimeSpan.FromSeconds(1);

        public void Block(params string[] hosts)
        {
            _hosts = [.. hosts.Select(host => new BlockedHost(host, IncludesSubdomains: false))];
            _changes++;
        }

        public async Task<StoredBlocks> ReadAsync(
            Guid? known, bool isLatest, CancellationToken cancellationToken)
        {
            Reads++;
            LastKnown = known;
            OnRead();
            if (Answer is not null)
                await Answer.Task;
            if (IsPrimaryLost && isLatest)
                throw new StoreUnavailableException("The database cannot be reached.");
            var revision = new Guid(_changes, 0, 0, new byte[8]);
            return new(revision, known == revision ? null : _hosts);
        }

        public Task<IReadOnlyList<Block>> ListAsync(
            long? before, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<Block?> FindAsync(string host, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<AddBlockResult> AddAsync(Block block, Actor actor, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> RemoveAsync(string host, Actor actor, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
