namespace Terse.Links;

/// <summary>
/// What a client searches for. A link matches if each part matches: the part is a code of the link, or
/// each word of the part is the beginning of a word of the link (<see cref="SearchWords"/>).
/// </summary>
internal sealed record SearchText(IReadOnlyList<SearchPart> Parts)
{
    /// <summary>The maximum length of the text in UTF-16 units.</summary>
    public const int MaxLength = 256;

    /// <summary>The maximum number of words in the text.</summary>
    public const int MaxWords = 16;

    /// <summary>The words of all parts.</summary>
    public IReadOnlyList<string> Words { get; } =
        [.. Parts.SelectMany(part => part.Words).Distinct(StringComparer.Ordinal)];

    /// <summary>Reads a text. White space separates its parts.</summary>
    public static SearchText Parse(string text) =>
        new([.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(SearchPart.Of)]);

    public bool Matches(ListedLink link) => Parts.All(part => part.Matches(link));
}

/// <param name="Text">The part as the client sent it. It may be the code of a link.</param>
/// <param name="Words">The words of the part. A part without words matches only a code.</param>
internal sealed record SearchPart(string Text, IReadOnlyList<string> Words)
{
    public static SearchPart Of(string text)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        SearchWords.Cut(text, words);
        return new(text, [.. words]);
    }

    public bool Matches(ListedLink link) =>
        (Words.Count > 0 && Words.All(link.HasWord))
        || LinkCodes.Have(link.WithoutSettings, Text);
}
