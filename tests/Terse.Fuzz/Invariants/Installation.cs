using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Links;
using Terse.Redirects;

namespace Terse.Fuzz;

/// <summary>What the parsers know about the installation that they belong to.</summary>
internal static class Installation
{
    public const string Host = "go.example.com";

    public const string Address = "192.0.2.1:8080";

    public static readonly DateTimeOffset Now = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);

    public static readonly DomainMap Domains = new(Options.Create(new DomainOptions
    {
        Default = Host,
        Others = ["s.example.org", "127.0.0.1:8080"],
    }));

    public static readonly VisitorSalts Salts =
        new(new NoSalts(), TimeProvider.System, NullLogger<VisitorSalts>.Instance);

    /// <summary>The hosts that no target may have.</summary>
    public static readonly BlockMap Blocks = NewBlocks("spam.example", ".evil.example", "*-login.example");

    public static readonly LinkOptions StrictTargets = new();

    public static readonly LinkOptions FreeTargets = new()
    {
        AllowCredentials = true,
        OtherSchemes = ["mailto", "ftp", "app"],
    };

    /// <summary>Refuses all targets that a setting can refuse.</summary>
    public static TargetRules NewTargetRules(LinkOptions options) => new(
        Domains,
        Blocks,
        new TargetRisks(Options.Create(new TargetOptions
        {
            RefuseLookAlikes = true,
            RefusePrivateNetworks = true,
            RefuseShorteners = true,
        })),
        Options.Create(options));

    public static Link NewLink(string target) => new(Tsid.FromInt64(1), DomainMap.Default, "a", target, Now);

    private static BlockMap NewBlocks(params string[] hosts)
    {
        var blocks = new BlockMap(new NoListener());
        blocks.SetStored(new([.. hosts.Select(text =>
        {
            Assert.True(BlockedHost.TryParse(text, out var host, out _));
            return host;
        })]));
        return blocks;
    }

    private sealed class NoListener : IBlockListener
    {
        public void OnBlocksChanged(BlockTables blocks)
        {
        }
    }

    private sealed class NoSalts : IVisitorSaltStore
    {
        public Task<IReadOnlyList<DailySalt>> ShareAsync(
            byte[] today, byte[] tomorrow, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<DailySalt>>([]);
    }
}
