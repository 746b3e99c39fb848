using System.Text;

namespace Terse.Links;

/// <summary>
/// A link together with everything by which lists filter and sort. A page examines many more links than it
/// shows, so the class reads the settings only when a filter needs them. Safe for use by any number of
/// threads.
/// </summary>
/// <param name="stored">The stored link without its settings.</param>
/// <param name="settings">The stored settings (<see cref="StoredSettings"/>).</param>
/// <param name="numbers">Null if the numbers were not read.</param>
/// <param name="isAlias">
/// Whether the row is an alias (<see cref="LinkCodes"/>). Such a row is no link, and no list contains it.
/// </param>
internal sealed class ListedLink(Link stored, string? settings, LinkNumbers? numbers, bool isAlias = false)
{
    private Link? _link;
    private HashSet<string>? _words;
    private string[]? _terms;
    private bool? _isPlain;

    public long Id => stored.Id.ToInt64();

    /// <summary>The link without its settings.</summary>
    public Link WithoutSettings => stored;

    /// <summary>The whole link. Slow at the first call, because it reads the settings.</summary>
    public Link Link => _link ??= settings is null
        ? stored
        : stored with { Settings = StoredSettings.Read(settings) };

    public bool IsAlias => isAlias;

    /// <summary>The numbers of the link; zeros if they were not read.</summary>
    public LinkNumbers Numbers => numbers ?? LinkNumbers.None;

    public bool HasNumbers => numbers is not null;

    /// <summary>The terms of the index in ordinal order (<see cref="IndexTerms"/>).</summary>
    private string[] Terms => _terms ??= IndexTerms.Of(Link);

    public ListedLink With(LinkNumbers others) => new(stored, settings, others, isAlias) { _link = _link };

    /// <summary>Whether a word of the link begins with a text (<see cref="SearchWords"/>).</summary>
    public bool HasWord(string beginning)
    {
        if (_terms is not null)
            return HasTerm(new(beginning, IsBeginning: true)); // The other terms begin with no letter.
        if (!MayHaveWord(beginning))
            return false;
        _words ??= SearchWords.Of(Link);
        return _words.Contains(beginning)
            || _words.Any(word => word.StartsWith(beginning, StringComparison.Ordinal));
    }

    /// <summary>Whether the link has a tag, which is folded.</summary>
    public bool HasTag(string tag) =>
        settings is not null
        && (settings.Contains('\\', StringComparison.Ordinal) || !IsUnescaped(tag)
            || settings.Contains(tag, StringComparison.OrdinalIgnoreCase))
        && (Link.Settings.Tags ?? []).Any(name => TagName.Fold(name) == tag);

    /// <summary>Whether the key with this id created the link.</summary>
    public bool IsCreatedBy(string keyId) =>
        settings?.Contains(keyId, StringComparison.Ordinal) == true && Link.Settings.CreatedBy == keyId;

    /// <summary>Makes the terms, so that the first request need not make them.</summary>
    public void Prepare() => _ = Terms;

    /// <summary>
    /// Whether the index has the link under a term. Slow at the first call, because it makes all terms.
    /// </summary>
    public bool HasTerm(IndexTerm term)
    {
        var index = Array.BinarySearch(Terms, term.Text, StringComparer.Ordinal);
        if (index >= 0)
            return true;
        return term.IsBeginning && ~index < Terms.Length
            && Terms[~index].StartsWith(term.Text, StringComparison.Ordinal);
    }

    /// <summary>
    /// The state of the link. If several states apply, the link has the state that a redirect checks first.
    /// </summary>
    public LinkState StateAt(DateTimeOffset now) =>
        stored.DeletedAt is not null ? LinkState.Deleted
        : MayHaveSetting("\"isDisabled\":") && Link.Settings.IsDisabled ? LinkState.Disabled
        : MayHaveSetting("\"validFrom\":") && Link.Settings.ValidFrom > now ? LinkState.Scheduled
        : stored.ExpiresAt <= now ? LinkState.Expired
        : Numbers.Used >= stored.MaxVisits ? LinkState.Exhausted
        : LinkState.Active;

    private bool MayHaveSetting(string name) => settings?.Contains(name, StringComparison.Ordinal) == true;

    /// <summary>
    /// Finds quickly that a link does not have a word: texts that are stored as they were sent contain each
    /// word of the link. Most links are examined only to find that they do not match.
    /// </summary>
    private bool MayHaveWord(string beginning)
    {
        _isPlain ??= IsPlain();
        if (_isPlain == false)
            return true;
        return Ascii.IsValid(beginning)
            && (Contains(settings, beginning) || Contains(stored.Target, beginning)
                || Contains(stored.Code, beginning) || Contains(stored.LaterCodes, beginning));
    }

    /// <summary>Whether all texts are ASCII, and neither escaped in JSON nor percent-encoded.</summary>
    private bool IsPlain() =>
        settings?.Contains('\\', StringComparison.Ordinal) != true
        && !stored.Target.Contains('%', StringComparison.Ordinal)
        && Ascii.IsValid(stored.Target) && Ascii.IsValid(stored.Code)
        && Ascii.IsValid(settings ?? "") && Ascii.IsValid(stored.LaterCodes ?? "");

    private static bool Contains(string? text, string word) =>
        text?.Contains(word, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Whether JSON contains a text without escapes.</summary>
    private static bool IsUnescaped(string text) =>
        text.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is ' ' or '-' or '_' or '.' or '/');
}

/// <summary>The numbers of a link that change with its visits.</summary>
/// <param name="Visits">The number of all visits. The newest visits may be missing.</param>
/// <param name="Used">How many visits of the link's limit are used up.</param>
/// <param name="Rank">
/// The number of visits by people when the background ranking last read it. Lists by visits are sorted by
/// this number, so that the order does not change with each visit.
/// </param>
/// <param name="VisitedAt">
/// When the ranking last found new visits by people: the last such visit came before this time. Null if the
/// ranking found none.
/// </param>
internal sealed record LinkNumbers(VisitSum Visits, long Used, long Rank, DateTimeOffset? VisitedAt)
{
    public static readonly LinkNumbers None = new(default, Used: 0, Rank: 0, VisitedAt: null);
}

/// <summary>
/// Why a request for a link is redirected or not. Indexes store the numbers, so never change a number.
/// </summary>
internal enum LinkState
{
    Active = 0,

    /// <summary>The link does not work yet.</summary>
    Scheduled = 1,
    Expired = 2,

    /// <summary>The link has used up all visits of its limit.</summary>
    Exhausted = 3,
    Disabled = 4,
    Deleted = 5,
}
