using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Domains;

public sealed class DomainLoaderTests : IDisposable
{
    private readonly FakeTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly KeptLog _log = new();
    private readonly SharedDomains _database = new();
    private readonly IOptions<DomainOptions> _settings =
        Options.Create(new DomainOptions { Default = "go.example", Others = ["s.example"] });
    private readonly DomainMap _map;
    private readonly DomainLoader _loader;

    public DomainLoaderTests()
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _map = new DomainMap(_settings);
        _loader = new DomainLoader(
            _database, _map, _settings, _time, factory.CreateLogger<DomainLoader>());
    }

    public void Dispose()
    {
        _loader.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task The_first_start_stores_the_domains_of_the_settings()
    {
        await _loader.StartingAsync(default);

        Assert.Equal(["", "s.example"], _database.Rows.Select(domain => domain.Name));
        Assert.Equal("go.example", _database.Rows[0].Settings.Host);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task After_the_first_start_the_settings_change_nothing_and_a_warning_is_logged()
    {
        await _database.SeedAsync([new(1, "", DomainSettings.None), new(2, "other.example", new())], default);

        await _loader.StartingAsync(default);

        Assert.Equal("other.example", _map.DomainOfHost("other.example"));
        Assert.Equal("", _map.DomainOfHost("s.example"));
        Assert.Equal(2, _log.Lines.Count(line => line.Contains("terse domains", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_new_domain_becomes_active_after_this_server_has_known_it_for_the_delay()
    {
        await _loader.StartingAsync(default);
        _database.Rows.Add(new(7, "new.example", new()));
        await _loader.UpdateAsync(default);
        _time.Pass(DomainLoader.ActivationDelay - TimeSpan.FromMilliseconds(1));
        await _loader.UpdateAsync(default);
        Assert.Empty(_database.Activated);

        _time.Pass(TimeSpan.FromMilliseconds(1));
        await _loader.UpdateAsync(default);

        Assert.Equal([7], _database.Activated);
    }

    [Fact]
    public async Task A_new_domain_becomes_active_only_after_every_lease_that_lacks_it_has_ended()
    {
        await _loader.StartingAsync(default);
        using var other = new DomainLoader(
            _database, _map, _settings, _time, LoggerFactory.Create(_ => { }).CreateLogger<DomainLoader>());
        var stale = new DomainMap(_settings) { Table = _map.Table };
        _database.Rows.Add(new(7, "new.example", new()));
        for (var waited = TimeSpan.Zero; _database.Activated.Count == 0; waited += TimeSpan.FromSeconds(1))
        {
            Assert.True(waited < TimeSpan.FromMinutes(1));
            await other.UpdateAsync(default);
            _time.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(("", false), stale.FindDomainOfHost("new.example", _time));
    }

    [Fact]
    public async Task Another_domain_with_the_id_of_a_lost_row_waits_again()
    {
        await _loader.StartingAsync(default);
        _database.Rows.Add(new(7, "new.example", new()));
        await _loader.UpdateAsync(default);
        _database.Rows[^1] = new(7, "other.example", new());
        _database.Rows.Add(new(8, "more.example", new()));
        _time.Pass(DomainLoader.ActivationDelay);

        await _loader.UpdateAsync(default);

        Assert.Empty(_database.Activated);
    }

    [Fact]
    public async Task Callers_that_wait_share_one_read_that_began_after_they_called()
    {
        await _loader.StartingAsync(default);
        var reads = 0;
        using var first = new ManualResetEventSlim();
        _database.OnRead = () =>
        {
            if (Interlocked.Increment(ref reads) == 1)
                first.Wait();
        };
        var running = Task.Run(() => _loader.ReadAsync(default));
        await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref reads) == 1));
        var waiting = Enumerable.Range(0, 20).Select(_ => _loader.ReadAsync(default)).ToList();
        first.Set();

        await Task.WhenAll([running, .. waiting]);

        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task The_lease_ends_ten_seconds_after_the_last_read_began()
    {
        await _loader.StartingAsync(default);
        _database.OnRead = () => _time.Pass(TimeSpan.FromSeconds(4));
        await _loader.ReadAsync(default);
        _time.Pass(TimeSpan.FromSeconds(6) - TimeSpan.FromMilliseconds(1));
        Assert.True(_map.FindDomainOfHost("x.example", _time).IsFinal);

        _time.Pass(TimeSpan.FromMilliseconds(1));

        Assert.False(_map.FindDomainOfHost("x.example", _time).IsFinal);
    }

    [Fact]
    public async Task Without_a_primary_the_server_starts_with_the_domains_of_a_replica_and_no_lease()
    {
        await _database.SeedAsync([new(1, "", DomainSettings.None), new(2, "new.example", new())], default);
        _database.IsPrimaryLost = true;

        await _loader.StartingAsync(default);

        Assert.Equal(("new.example", true), _map.FindDomainOfHost("new.example", _time));
        Assert.Equal(("", false), _map.FindDomainOfHost("x.example", _time));
    }

    [Fact]
    public async Task Without_a_readable_host_the_server_starts_with_the_settings_and_no_lease()
    {
        _database.IsPrimaryLost = _database.IsReplicaLost = true;

        await _loader.StartingAsync(default);

        Assert.Equal(("s.example", false), _map.FindDomainOfHost("s.example", _time));
        Assert.NotEmpty(_log.Lines);
    }

    [Fact]
    public async Task An_unchanged_table_renews_the_lease_and_keeps_the_domains()
    {
        await _loader.StartingAsync(default);
        _time.Pass(TimeSpan.FromSeconds(9));
        await _loader.ReadAsync(default);
        _time.Pass(TimeSpan.FromSeconds(9));

        Assert.Equal(("s.example", true), _map.FindDomainOfHost("s.example", _time));
    }

    /// <summary>A table of domains in memory that several servers share.</summary>
    private sealed class SharedDomains : IDomainStore
    {
        public List<Domain> Rows { get; } = [];

        public List<long> Activated { get; } = [];

        public bool IsPrimaryLost { get; set; }

        public bool IsReplicaLost { get; set; }

        public Action OnRead { get; set; } = static () => { };

        public bool IsShared => true;

        public Task<StoredDomains> ReadAsync(
            Guid? known, bool isLatest, CancellationToken cancellationToken)
        {
            if (isLatest ? IsPrimaryLost : IsReplicaLost)
                throw new StoreUnavailableException("The host is lost.");
            Guid? revision = Rows.Count == 0 ? null : new Guid(Rows.Count, 0, 0, new byte[8]);
            var stored = new StoredDomains(
                revision, revision is null || revision == known ? null : [.. Rows]);
            OnRead();
            return Task.FromResult(stored);
        }

        public Task SeedAsync(IReadOnlyList<Domain> domains, CancellationToken cancellationToken)
        {
            Rows.AddRange(domains);
            return Task.CompletedTask;
        }

        public Task<AddDomainResult> AddAsync(Domain domain, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> ReplaceAsync(Domain changed, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task ActivateAsync(long id, CancellationToken cancellationToken)
        {
            Activated.Add(id);
            return Task.CompletedTask;
        }
    }
}
