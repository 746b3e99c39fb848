using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Terse.Access;
using Terse.Hosting;

namespace Terse.Tests.Access;

public sealed class KeyLoaderTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly SharedKeys _database = new();
    private readonly KeyLoader _loader;

    public KeyLoaderTests() => _loader = new(_database, _time, NullLogger<KeyLoader>.Instance);

    public void Dispose() => _loader.Dispose();

    [Fact]
    public async Task A_key_that_another_server_has_just_created_is_found()
    {
        await _loader.StartingAsync(default);
        var text = _database.Add();

        Assert.NotNull(await FindAsync(text));
    }

    [Fact]
    public async Task A_secret_that_another_server_has_just_made_is_found()
    {
        var text = _database.Add();
        await _loader.StartingAsync(default);
        var later = _database.Rotate(text);

        Assert.NotNull(await FindAsync(later));
        Assert.Null(await FindAsync(text));
    }

    [Fact]
    public async Task Known_keys_need_no_read_during_the_lease_and_unknown_keys_need_one()
    {
        var text = _database.Add();
        await _loader.StartingAsync(default);
        var reads = _database.Reads;

        for (var number = 0; number < 10; number++)
            Assert.NotNull(await FindAsync(text));
        Assert.Equal(reads, _database.Reads);
        Assert.Null(await FindAsync(KeyText.New()));
        Assert.Equal(reads + 1, _database.Reads);
    }

    [Fact]
    public async Task Requests_with_unknown_keys_share_reads()
    {
        await _loader.StartingAsync(default);
        var reads = _database.Reads;
        _database.Hold();

        var finding = Enumerable.Range(0, 1000).Select(_ => FindAsync(KeyText.New()).AsTask()).ToList();
        _database.Release();
        await Task.WhenAll(finding);

        Assert.InRange(_database.Reads - reads, 1, 2);
    }

    [Fact]
    public async Task After_the_lease_a_server_that_reaches_no_host_refuses_known_keys()
    {
        var text = _database.Add();
        await _loader.StartingAsync(default);
        _database.IsPrimaryLost = _database.AreReplicasLost = true;

        _time.Advance(KeyLoader.LeaseDuration - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await FindAsync(text));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await FindAsync(text));
    }

    [Fact]
    public async Task While_only_replicas_are_reached_known_keys_work_and_unknown_keys_get_503()
    {
        var text = _database.Add();
        await _loader.StartingAsync(default);
        _database.IsPrimaryLost = true;
        _time.Advance(KeyLoader.LeaseDuration);

        Assert.NotNull(await FindAsync(text));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await FindAsync(KeyText.New()));
    }

    [Fact]
    public async Task A_replica_that_lags_behind_brings_no_revoked_key_back()
    {
        var text = _database.Add();
        _database.PauseReplay();
        _database.Revoke(text);
        await _loader.StartingAsync(default);
        _database.IsPrimaryLost = true;

        await _loader.ReadAsync(default);

        Assert.NotNull((await _loader.FindLoadedAsync(text.Id, default))!.RevokedAt);
    }

    private ValueTask<ApiKey?> FindAsync(KeyText text) => _loader.FindAsync(text, _time.GetUtcNow(), default);

    /// <summary>A primary and a replica that contain keys.</summary>
    private sealed class SharedKeys : IKeyStore
    {
        private readonly Dictionary<string, ApiKey> _rows = [];
        private TaskCompletionSource? _held;
        private (long Version, List<ApiKey> Keys)? _paused;
        private long _version;

        public bool IsPrimaryLost { get; set; }

        public bool AreReplicasLost { get; set; }

        public int Reads { get; private set; }

        public bool IsShared => true;

        public KeyText Add()
        {
            var text = KeyText.New();
            _rows[text.Id] = new(text.Id, "test", Role.Viewer, KeyScope.All, text.Hash());
            _version++;
            return text;
        }

        public KeyText Rotate(KeyText old)
        {
            var text = KeyText.NewSecret(old.Id);
            _rows[old.Id] = _rows[old.Id] with { SecretHash = text.Hash() };
            _version++;
            return text;
        }

        public void Revoke(KeyText text)
        {
            _rows[text.Id] = _rows[text.Id] with { RevokedAt = DateTimeOffset.UnixEpoch };
            _version++;
        }

        public void PauseReplay() => _paused = (_version, [.. _rows.Values]);

        public void Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _held!.SetResult();

        public async Task<StoredKeys> ReadAsync(
            Guid? known, bool isLatest, CancellationToken cancellationToken)
        {
            Reads++;
            if (_held is { } held)
                await held.Task.WaitAsync(cancellationToken);
            if (isLatest ? IsPrimaryLost : AreReplicasLost)
                throw new StoreUnavailableException("lost");
            var present = (_version, _rows.Values.ToList());
            var (version, keys) = isLatest ? present : _paused ?? present;
            var revision = new Guid((int)version, 0, 0, new byte[8]);
            return new(version, revision, revision == known ? null : keys);
        }

        public Task<bool> AddAsync(ApiKey key, Actor actor, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<ApiKey?> RotateAsync(
            NewSecret secret, Actor actor, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> RevokeAsync(
            string id, DateTimeOffset now, Actor actor, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task StoreUsesAsync(IReadOnlyList<KeyUse> uses, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
