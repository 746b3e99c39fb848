using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Hosting;
using Terse.Links;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>Tests which link a path with several possible codes means, and what it costs to find.</summary>
public sealed class CodeFinderTests : IDisposable
{
    private readonly TestCache _test = new();
    private readonly CodeOptions _options = new();
    private readonly SlashCodes _slashCodes;

    public CodeFinderTests() => _slashCodes = NewSlashCodes(_test.Store);

    /// <summary>
    /// Compares with a plain reference: the longest beginning of the path, up to a slash, that is a code.
    /// </summary>
    [Fact]
    public void The_longest_code_that_exists_wins()
    {
        var segments = Gen.Elements("a", "b").ListOf().Where(list => list.Count > 0)
            .Select(list => string.Join('/', list));
        var cases = segments.Select(codes => codes.Split('/').Length <= 4 ? codes : codes[..7]).ListOf();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll(cases.ToArbitrary(), segments.ToArbitrary(), (codes, path) =>
            {
                using var test = new TestCache();
                foreach (var code in codes.Where(code => code.Length > 0))
                {
                    test.Store.Put(code);
                    test.Store.Links[code] = Forwarding(test.Store.Links[code]);
                }

                var slashCodes = NewSlashCodes(test.Store);
                slashCodes.UpdateAsync(default).GetAwaiter().GetResult();
                var expected = test.Store.Links.Keys
                    .Where(code => (path + "/").StartsWith(code + "/", StringComparison.Ordinal))
                    .MaxBy(code => code.Length);
                for (var time = 0; time < 2; time++)
                {
                    var (_, link) = FindAsync(test, slashCodes, "/" + path).GetAwaiter().GetResult();
                    Assert.Equal(expected, link?.Code);
                }
            }));
    }

    [Fact]
    public async Task Without_codes_with_slashes_a_forwarded_path_of_a_cached_link_needs_no_store()
    {
        PutForwarding("guide");
        await _slashCodes.UpdateAsync(default);
        await FindAsync("/guide");
        var reads = _test.Store.Reads;
        _test.Store.IsLost = true;
        var (request, link) = await FindAsync("/guide/a/b");

        Assert.Equal(("guide", "/a/b", reads), (link?.Code, request.Subpath, _test.Store.Reads));
        _options.AllowSlash = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => FindAsync("/guide/a/b"));
    }

    [Fact]
    public async Task A_code_that_another_server_creates_below_a_forwarding_link_wins_after_the_next_update()
    {
        PutForwarding("guide");
        await _slashCodes.UpdateAsync(default);
        await FindAsync("/guide");
        _test.Store.Put("guide/a");
        await _slashCodes.UpdateAsync(default);

        Assert.Equal("guide/a", (await FindAsync("/guide/a")).Link?.Code);
    }

    [Fact]
    public async Task A_new_code_with_slashes_is_found_at_once_where_no_link_forwards_the_path()
    {
        _test.Store.Put("guide");
        await _slashCodes.UpdateAsync(default);
        await FindAsync("/guide");
        _test.Store.Put("guide/a");
        _test.Store.Put("new/a/b");

        Assert.Equal("guide/a", (await FindAsync("/guide/a")).Link?.Code);
        Assert.Equal("new/a/b", (await FindAsync("/new/a/b")).Link?.Code);
    }

    [Fact]
    public async Task All_lookups_of_a_path_start_at_the_same_time()
    {
        _test.Store.IsHolding = true;
        var search = FindAsync("/a/b/c/d/e");

        Assert.Equal(4, _test.Store.Held.Count);
        foreach (var held in _test.Store.Held.ToList())
            held.Complete();
        Assert.Null((await search).Link);
    }

    [Fact]
    public async Task An_unknown_path_is_a_preview_if_its_end_says_so() =>
        Assert.Equal(CodeSuffix.Preview, (await FindAsync("/a/b+")).Request.Suffix);

    public void Dispose()
    {
        _slashCodes.Dispose();
        _test.Dispose();
    }

    private SlashCodes NewSlashCodes(ISlashCodeStore store) =>
        new(store, Options.Create(_options), TimeProvider.System, NullLogger<SlashCodes>.Instance);

    private void PutForwarding(string code) =>
        _test.Store.Links[code] = Forwarding(_test.Store.Put(code));

    private static Link Forwarding(Link link) =>
        link with { Settings = new LinkSettings { ForwardPath = true } };

    private Task<(CodeRequest Request, CachedLink? Link)> FindAsync(string path) =>
        FindAsync(_test, _slashCodes, path);

    private static async Task<(CodeRequest Request, CachedLink? Link)> FindAsync(
        TestCache test, SlashCodes slashCodes, string path)
    {
        var requests = CodePath.Read(path).Select(possible =>
        {
            var code = path.Substring(1, possible.Length);
            return new CodeRequest(
                new("", code),
                test.Cache.Probe("", code),
                possible.HasSubpath ? path[(possible.Length + 1)..] : "",
                possible.Suffix);
        });
        return await new CodeFinder(test.Loader, slashCodes).FindAsync(
            new([.. requests], IsDomainFinal: true), default);
    }
}
