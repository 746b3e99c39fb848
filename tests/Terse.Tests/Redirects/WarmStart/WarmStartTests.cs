using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Harness;
using Terse.Links;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class WarmStartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string FilePath => Path.Combine(_folder.Path, "hot-codes");

    [Fact]
    public async Task The_links_that_were_cached_at_shutdown_are_cached_after_the_next_start()
    {
        await using (var server = await TerseServer.StartAsync(_folder.Path))
        {
            foreach (var code in new[] { "cold", "hot", "warm" })
                await server.CreateCodeAsync("https://example.com/" + code, code);
            foreach (var path in new[] { "/warm", "/hot", "/hot", "/hot", "/hot", "/warm", "/nope" })
                (await server.GetAsync(path)).Dispose();
        }

        Assert.Equal(
            ["terse hot codes 1", "/hot", "/warm", "end 2"], await File.ReadAllLinesAsync(FilePath));
        await using var next = await TerseServer.StartAsync(_folder.Path);
        var cache = (LinkCache)next.Services.GetService(typeof(LinkCache))!;
        await Eventually.IsTrueAsync(() => Task.FromResult(cache.Count == 2));
        Assert.Equal("https://example.com/hot", cache.Probe("", "hot").Link?.Location);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("terse hot codes 1\n/sale\n")]
    [InlineData("terse hot codes 1\n/sale\n/more\nend 1\n")]
    [InlineData("terse hot codes 1\n/sa le\nend 1\n")]
    [InlineData("terse hot codes 1\nsale\nend 1\n")]
    public async Task A_server_ignores_a_damaged_file_and_serves_links(string content)
    {
        await File.WriteAllTextAsync(FilePath, content);
        var file = new HotCodesFile(_folder.Path);
        await Assert.ThrowsAsync<InvalidDataException>(() => file.ReadAsync(default));

        await using var server = await TerseServer.StartAsync(_folder.Path);
        await server.CreateCodeAsync("https://example.com/", "sale");
        using var response = await server.GetAsync("/sale");
        Assert.Equal(System.Net.HttpStatusCode.Found, response.StatusCode);
    }

    [Fact]
    public async Task A_file_returns_the_written_names_in_order_and_a_missing_file_returns_none()
    {
        var folder = Path.Combine(_folder.Path, "new");
        var file = new HotCodesFile(folder);
        Assert.Empty(await file.ReadAsync(default));
        LinkName[] codes = [new("", "0ODgeK8"), new("go.example.com:8080", "sale/a"), new("", "a.b")];
        await file.WriteAsync(codes, default);
        await file.WriteAsync(codes, default);

        Assert.Equal(codes, await file.ReadAsync(default));
        Assert.Equal(["hot-codes"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_link_whose_load_was_discarded_because_all_links_may_have_changed_is_loaded_again()
    {
        var test = new TestCache();
        test.Store.Put("sale");
        test.Store.IsHolding = true;
        var file = new HotCodesFile(_folder.Path);
        await file.WriteAsync([new("", "sale")], default);
        using var lifetime = new StartedLifetime();
        using var warmStart = new WarmStart(
            test.Cache,
            test.Loader,
            file,
            new DomainMap(Options.Create(new DomainOptions())),
            lifetime,
            NullLogger<WarmStart>.Instance);
        await warmStart.StartAsync(default);
        await Eventually.IsTrueAsync(() => Task.FromResult(test.Store.Held.Count == 1));

        test.Cache.OnAllChanged();
        test.Store.IsHolding = false;
        test.Store.Held[0].TakeSnapshot();
        test.Store.Held[0].Complete();

        await warmStart.ExecuteTask!;
        Assert.Equal(1, test.Cache.Count);
    }

    public void Dispose() => _folder.Dispose();

    private sealed class StartedLifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _started = new();

        public StartedLifetime() => _started.Cancel();

        public CancellationToken ApplicationStarted => _started.Token;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }

        public void Dispose() => _started.Dispose();
    }
}
