using System.Globalization;

namespace Terse.Hosting;

/// <summary>A document that was replaced by a later one.</summary>
/// <param name="Name">The name of its object.</param>
/// <param name="Version">The version (<see cref="ConfigDocument.VersionOf"/>).</param>
/// <param name="PublishedAt">When it was published.</param>
internal sealed record KeptVersion(string Name, string Version, DateTimeOffset PublishedAt)
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Returns the name of the object that keeps a document.</summary>
    public static string NameOf(PublishedDocument document, string prefix)
    {
        var time = document.PublishedAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        return $"{prefix}{time}-{document.Version}.json";
    }

    /// <summary>Returns null if the name is not that of a version.</summary>
    public static KeptVersion? Parse(string name, string prefix)
    {
        var parts = Path.GetFileNameWithoutExtension(name[prefix.Length..]).Split('-');
        return parts is [var time, { Length: ConfigDocument.VersionLength } version]
            && DateTimeOffset.TryParseExact(
                time,
                TimeFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var publishedAt)
                ? new(name, version, publishedAt)
                : null;
    }
}
