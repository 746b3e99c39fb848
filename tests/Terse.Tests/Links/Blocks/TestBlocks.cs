using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Links;

namespace Terse.Tests.Links;

/// <summary>Creates blocks, and what depends on them, without a database.</summary>
internal static class TestBlocks
{
    /// <summary>Parses texts such as those in a file with blocked hosts.</summary>
    public static BlockTable NewTable(params IEnumerable<string> hosts) => new([.. hosts.Select(Parse)]);

    public static BlockMap NewMap(params IEnumerable<string> hosts)
    {
        var map = new BlockMap(new NoListener());
        map.SetStored(NewTable(hosts));
        return map;
    }

    /// <summary>The rules of targets with all further refusals switched off.</summary>
    public static TargetRules NewRules(
        DomainMap domains, IOptions<LinkOptions>? options = null, params IEnumerable<string> hosts) => new(
        domains,
        NewMap(hosts),
        new TargetRisks(Options.Create(new TargetOptions { RefuseLookAlikes = false })),
        options ?? Options.Create(new LinkOptions()));

    private static BlockedHost Parse(string text)
    {
        Assert.True(BlockedHost.TryParse(text, out var host, out var reason), reason);
        return host;
    }

    private sealed class NoListener : IBlockListener
    {
        public void OnBlocksChanged(BlockTables blocks)
        {
        }
    }
}

/// <summary>Says that the blocks are up to date, unless a test sets something else.</summary>
internal sealed class TestBlockFreshness : IBlockFreshness
{
    public long ConfirmedAt { get; set; } = long.MaxValue;

    public bool IsChecked { get; set; }

    public Func<ValueTask> OnConfirm { get; set; } = () => default;

    public ValueTask ConfirmAsync() => OnConfirm();
}
