using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// Blocked hosts from one source, in the form in which targets are checked. A check looks up the host, each
/// of its parent domains, and, if there are patterns, each end of the host that is as long as the end of a
/// pattern. Immutable.
/// </summary>
/// <remarks>
/// A block needs about 100 bytes, and 2 bytes for each character of its host. A test measures this.
/// </remarks>
internal sealed class BlockTable
{
    public static readonly BlockTable Empty = new([]);

    /// <summary>The value tells whether the subdomains are blocked, too.</summary>
    private readonly Dictionary<string, bool>.AlternateLookup<ReadOnlySpan<char>> _hosts;

    /// <summary>The patterns without their stars.</summary>
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _ends;

    /// <summary>The lengths of all patterns without their stars; a host has at most 255 of them.</summary>
    private readonly int[] _endLengths;

    public BlockTable(IReadOnlyCollection<BlockedHost> blocked)
    {
        var hosts = new Dictionary<string, bool>(StringComparer.Ordinal);
        var ends = new HashSet<string>(StringComparer.Ordinal);
        foreach (var block in blocked)
        {
            if (block.IsPattern)
                ends.Add(block.Host[1..]);
            else
                hosts[block.Host] = block.IncludesSubdomains || hosts.GetValueOrDefault(block.Host);
        }

        Count = hosts.Count + ends.Count;
        hosts.TrimExcess();
        _hosts = hosts.GetAlternateLookup<ReadOnlySpan<char>>();
        _ends = ends.GetAlternateLookup<ReadOnlySpan<char>>();
        _endLengths = [.. ends.Select(end => end.Length).Distinct().Order()];
    }

    public int Count { get; }

    /// <param name="host">A host in canonical spelling.</param>
    public bool IsBlocked(ReadOnlySpan<char> host)
    {
        if (_hosts.ContainsKey(host))
            return true;
        var parent = host;
        while (parent.IndexOf('.') is >= 0 and var dot)
        {
            parent = parent[(dot + 1)..];
            if (_hosts.TryGetValue(parent, out var includesSubdomains) && includesSubdomains)
                return true;
        }

        foreach (var length in _endLengths)
        {
            if (length > host.Length)
                break;
            if (_ends.Contains(host[^length..]))
                return true;
        }

        return false;
    }
}

/// <summary>The blocked hosts from all sources at one moment. Immutable.</summary>
/// <param name="Stored">The blocks in the database.</param>
/// <param name="OfFile">The blocks in the file of the operator.</param>
internal sealed record BlockTables(BlockTable Stored, BlockTable OfFile)
{
    public static readonly BlockTables Empty = new(BlockTable.Empty, BlockTable.Empty);

    /// <summary>Whether a target, or its ASCII form, leads to a blocked host.</summary>
    public bool IsBlocked(string target)
    {
        if (Stored.Count == 0 && OfFile.Count == 0)
            return false;
        var (start, end) = Target.FindAuthority(target);
        var host = Authority.Split(target.AsSpan(start..end)).Host;
        if (BlockedHost.IsCanonical(host))
            return IsHostBlocked(host);
        return Target.AuthorityOf(target) is { } authority
            && IsHostBlocked(BlockedHost.Unmap(authority.Host));
    }

    /// <summary>Whether a link can lead to a blocked host.</summary>
    public bool IsBlocked(Link link) => IsBlocked(link.Target)
        || (link.Settings != LinkSettings.None && link.Targets.Any(IsBlocked));

    private bool IsHostBlocked(ReadOnlySpan<char> host) => Stored.IsBlocked(host) || OfFile.IsBlocked(host);
}
