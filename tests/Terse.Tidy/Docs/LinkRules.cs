using System.Collections.Immutable;

namespace Terse.Tidy.Docs;

internal static class LinkRules
{
    /// <summary>Finds relative links to files or headings that do not exist.</summary>
    internal static IEnumerable<Finding> Broken(
        IReadOnlyCollection<Markdown> documents, ImmutableSortedSet<string> paths)
    {
        var anchors = documents.ToDictionary(
            document => document.Path,
            document => document.Anchors.ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);

        return
            from document in documents
            from link in document.Links
            where !Uri.TryCreate(link.Target, UriKind.Absolute, out _) || link.Target.StartsWith('/')
            let problem = Problem(document.Path, link.Target, paths, anchors)
            where problem is not null
            select new Finding(document.Path, link.Line, $"{link.Target}: {problem}");
    }

    private static string? Problem(
        string from,
        string target,
        ImmutableSortedSet<string> paths,
        Dictionary<string, HashSet<string>> anchors)
    {
        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0 ? from : Resolve(from, parts[0]);
        if (path is null)
            return "leaves the repository; link to a file in the repository";
        if (path.Length > 0 && !paths.Contains(path))
            return "no such file or folder; correct or delete the link";
        if (parts.Length == 1 || !anchors.TryGetValue(path, out var known))
            return null;
        return known.Contains(Uri.UnescapeDataString(parts[1])) ? null : $"{path} has no such heading";
    }

    /// <summary>
    /// Returns the path of a link's target, relative to the root of the repository. Returns "" for the root
    /// itself, and null for a path outside the repository.
    /// </summary>
    internal static string? Resolve(string from, string target)
    {
        Stack<string> folders = new();
        var start = target.StartsWith('/') ? [] : from.Split('/').SkipLast(1);
        var steps = Uri.UnescapeDataString(target.Split('?')[0]).Split('/');
        foreach (var step in start.Concat(steps).Where(step => step is not ("" or ".")))
        {
            if (step is not "..")
                folders.Push(step);
            else if (!folders.TryPop(out _))
                return null;
        }

        return string.Join('/', folders.Reverse());
    }
}
