using System.Buffers;
using System.Globalization;

namespace Terse.Links;

/// <summary>A term that the index of a store maps to the links that have it.</summary>
/// <param name="Text">The text of the term, or its beginning.</param>
/// <param name="IsBeginning">Whether all terms that begin with the text count.</param>
internal readonly record struct IndexTerm(string Text, bool IsBeginning);

/// <summary>
/// The terms under which the stores index a link: its words, and further terms for filters. A further term
/// begins with a character of the private use area, which no word contains. The terms contain no ASCII
/// character except small letters and digits, so that no tokenizer of a database cuts them again.
/// </summary>
internal static class IndexTerms
{
    private const char HostMark = '\uE001', DomainMark = '\uE002', FlagMark = '\uE003', KeyMark = '\uE004';

    private static readonly (string Term, Func<Link, bool> Has)[] Flags =
    [
        (Flag(LinkState.Deleted), link => link.DeletedAt is not null),
        (Flag(LinkState.Disabled), link => link.Settings.IsDisabled),
        (Flag(LinkState.Scheduled), link => link.Settings.ValidFrom is not null),
        (Flag(LinkState.Expired), link => link.ExpiresAt is not null),
        (Flag(LinkState.Exhausted), link => link.MaxVisits is not null),
    ];

    /// <summary>Returns the terms of a link in ordinal order.</summary>
    public static string[] Of(Link link)
    {
        var terms = SearchWords.Of(link);
        if (HostOf(link) is { } host)
            terms.Add(Hashed(HostMark, host));
        if (link.Domain.Length > 0)
            terms.Add(Hashed(DomainMark, link.Domain));
        if (link.Settings.CreatedBy is { } key)
            terms.Add(Hashed(KeyMark, key));
        foreach (var (term, has) in Flags)
        {
            if (has(link))
                terms.Add(term);
        }

        string[] sorted = [.. terms];
        Array.Sort(sorted, StringComparer.Ordinal);
        return sorted;
    }

    /// <summary>
    /// Returns the terms as the index has them: with the mark of the link's slice (<see cref="IndexSlices"/>)
    /// before each term, and a space between two terms.
    /// </summary>
    public static string Join(Link link, char mark) => mark + string.Join(" " + mark, Of(link));

    /// <summary>
    /// Returns terms that all links have which the filter lets through, except links that match only by their
    /// code. Empty if the index cannot help.
    /// </summary>
    public static IReadOnlyList<IndexTerm> Of(LinkFilter filter)
    {
        var terms = new List<IndexTerm>();
        foreach (var word in filter.Text?.Words ?? [])
            terms.Add(new(word, IsBeginning: true));
        if (filter.TargetHost is { } host)
            terms.Add(new(Hashed(HostMark, host), IsBeginning: false));
        if (OnlyDomainOf(filter) is { Length: > 0 } domain)
            terms.Add(new(Hashed(DomainMark, domain), IsBeginning: false));
        if (filter.CreatedBy is { } key)
            terms.Add(new(Hashed(KeyMark, key), IsBeginning: false));
        if (filter.State is { } state and not LinkState.Active)
            terms.Add(new(Flag(state), IsBeginning: false));
        return terms;
    }

    private static string? OnlyDomainOf(LinkFilter filter) =>
        filter.Domain ?? (filter.VisibleDomains is [var only] ? only : null);

    /// <summary>Whether the target of a link has a host, which is in its canonical spelling.</summary>
    public static bool HasHost(Link link, string host)
    {
        var (start, end) = Target.FindAuthority(link.Target);
        var authority = link.Target.AsSpan(start..end);
        // Usual names have no other spelling except for the case; parsing them would take longer.
        return (authority.Contains(host, StringComparison.OrdinalIgnoreCase)
                || authority.ContainsAnyExcept(UsualCharacters) || !char.IsAsciiLetter(host[^1]))
            && HostOf(link) == host;
    }

    private static readonly SearchValues<char> UsualCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:");

    /// <summary>The host of the link's target; null if the target has no host.</summary>
    private static string? HostOf(Link link) => Target.AuthorityOf(link.Target)?.Host;

    private static string Flag(LinkState state) =>
        FlagMark + ((int)state).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Hashes a text, because the text may contain characters that separate terms. If two texts have the
    /// same hash, the filter distinguishes their links.
    /// </summary>
    private static string Hashed(char mark, string text)
    {
        var hash = 14_695_981_039_346_656_037UL; // FNV-1a, 64 bits
        foreach (var unit in text)
            hash = (hash ^ unit) * 1_099_511_628_211UL;
        return mark + (hash >> 16).ToString("x12", CultureInfo.InvariantCulture);
    }
}
