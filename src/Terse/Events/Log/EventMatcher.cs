using System.Text.Json;
using Terse.Access;
using Terse.Links;

namespace Terse.Events;

/// <summary>Decides which events a filter selects, and which a key may see.</summary>
internal static class EventMatcher
{
    private const string TagsProperty = "tags";

    /// <summary>Whether a filter selects an event.</summary>
    public static bool Matches(this EventFilter filter, StoredEvent stored) =>
        HasType(filter.Types, stored.Type)
        && (filter.Domains.Count + filter.Tags.Count + filter.Links.Count == 0 || stored.IsOfLink())
        && (filter.Links.Count == 0 || filter.Links.Contains(stored.LinkId!.Value))
        && (filter.Domains.Count == 0 || filter.Domains.Contains(stored.Domain(), StringComparer.Ordinal))
        && HasTag(filter.Tags, stored);

    /// <summary>
    /// Returns what a caller may see of an event; null for nothing. Events that are not about links are only
    /// for admins without a scope. A key that is limited to tags sees an event if the link has one of them
    /// after the change, and the state before only if the link had one of them, too.
    /// </summary>
    public static StoredEvent? WhatIsSeen(this Caller caller, StoredEvent stored)
    {
        if (!caller.IsLimited)
            return stored.IsOfLink() || caller.Role == Role.Admin ? stored : null;
        if (!stored.IsOfLink() || !caller.Scope.HasDomain(stored.Domain()))
            return null;
        if (caller.Scope.Tags.Count == 0)
            return stored;
        var tags = TagName.FoldAll(caller.Scope.Tags);
        if (!HasTag(tags, stored.After ?? stored.Data))
            return null;
        return stored.Before is null || HasTag(tags, stored.Before) ? stored : stored with { Before = null };
    }

    private static bool IsOfLink(this StoredEvent stored) =>
        stored.LinkId is not null && stored.Type.StartsWith(EventTypes.LinkPrefix, StringComparison.Ordinal);

    /// <summary>The stored name of the domain of an event about a link.</summary>
    private static string Domain(this StoredEvent stored) => stored.Subject[..stored.Subject.IndexOf('/')];

    private static bool HasType(IReadOnlyList<string> types, string type) =>
        types.Count == 0
        || types.Any(wanted => type.StartsWith(wanted, StringComparison.Ordinal)
            && (type.Length == wanted.Length || type[wanted.Length] == '.'));

    /// <remarks>
    /// An event about a link that lost its tag still matches, so that the reader sees the change. The states
    /// of an erased link are empty, so its events match no tag.
    /// </remarks>
    private static bool HasTag(IReadOnlyList<string> tags, StoredEvent stored)
    {
        if (tags.Count == 0)
            return true;
        var wanted = TagName.FoldAll(tags);
        return new[] { stored.After, stored.Before, stored.Data }.Any(json => HasTag(wanted, json));
    }

    private static bool HasTag(HashSet<string> wanted, string? json)
    {
        if (json is null)
            return false;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty(TagsProperty, out var tags)
            && tags.EnumerateArray().Any(tag => wanted.Contains(TagName.Fold(tag.GetString()!)));
    }
}
