using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Harness;
using Terse.Links;
using Terse.Redirects;
using Terse.Tests.Hosting;

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
        using var warmStart = Create(test, file, lifetime);
        await warmStart.StartAsync(default);
        await Eventually.IsTrueAsync(() => Task.FromResult(test.Store.Held.Count == 1));

        test.Cache.OnAllChanged();
        test.Store.IsHolding = false;
        test.Store.Held[0].TakeSnapshot();
        test.Store.Held[0].Complete();

        await warmStart.ExecuteTask!;
        Assert.Equal(1, test.Cache.Count);
    }

    [Fact]
    public async Task A_server_is_not_ready_while_it_loads_its_hottest_links()
    {
        var test = new TestCache();
        test.Store.Put("sale");
        test.Store.IsHolding = true;
        var file = new HotCodesFile(_folder.Path);
        await file.WriteAsync([new("", "sale")], default);
        using var lifetime = new StartedLifetime();
        using var warmStart = Create(test, file, lifetime);
        Assert.NotNull(warmStart.WhyNoRedirects);
        await warmStart.StartAsync(default);
        await Eventually.IsTrueAsync(() => Task.FromResult(test.Store.Held.Count == 1));
        Assert.NotNull(warmStart.WhyNoRedirects);

        test.Store.Held[0].TakeSnapshot();
        test.Store.Held[0].Complete();
        await warmStart.Ready;
        Assert.Null(warmStart.WhyNoRedirects);
        Assert.Equal(1, test.Cache.Count);
    }

    [Fact]
    public async Task A_server_is_ready_after_two_seconds_and_loads_the_other_links_in_the_background()
    {
        var test = new TestCache();
        var codes = Enumerable.Range(0, 100).Select(number => $"sale{number}").ToList();
        foreach (var code in codes)
            test.Store.Put(code);
        test.Store.IsHolding = true;
        var file = new HotCodesFile(_folder.Path);
        await file.WriteAsync([.. codes.Select(code => new LinkName("", code))], default);
        using var lifetime = new StartedLifetime();
        using var warmStart = Create(test, file, lifetime);
        await warmStart.StartAsync(default);
        await Eventually.IsTrueAsync(() => Task.FromResult(test.Store.Held.Count == 64));
        test.Time.Advance(WarmStart.MaxDelay - TimeSpan.FromMilliseconds(1));
        Assert.False(warmStart.Ready.IsCompleted);
        test.Time.Advance(TimeSpan.FromMilliseconds(1));
        await warmStart.Ready;
        Assert.Equal(0, test.Cache.Count);

        test.Store.IsHolding = false;
        foreach (var held in test.Store.Held.ToList())
        {
            held.TakeSnapshot();
            held.Complete();
        }

        await warmStart.ExecuteTask!;
        Assert.Equal(codes.Count, test.Cache.Count);
    }

    [Fact]
    public async Task A_server_without_a_file_is_ready_at_once()
    {
        using var lifetime = new StartedLifetime();
        using var warmStart = Create(new TestCache(), new HotCodesFile(_folder.Path), lifetime);
        await warmStart.StartAsync(default);
        Assert.Null(warmStart.WhyNoRedirects);
    }

    public void Dispose() => _folder.Dispose();

    private static WarmStart Create(TestCache test, HotCodesFile file, StartedLifetime lifetime) => new(
        test.Cache,
        test.Loader,
        file,
        new DomainMap(Options.Create(new DomainOptions())),
        lifetime,
        test.Time,
        NullLogger<WarmStart>.Instance);
}
