using System.Security.Cryptography;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Renames tags and removes them from links in the background. A change of a link with a tag is a change as
/// any other: it has a version, and all servers are notified. The links change in small groups, with a pause
/// after each, so that a change of a million links lets creations, changes and beats through. A server that
/// stops leaves the rest to the next one.
/// </summary>
internal sealed partial class TagChanger(
    ITagStore tags,
    ILinkStore links,
    ILinkReader reader,
    ILinkChangeListener listener,
    TimeProvider time,
    ILogger<TagChanger> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How many links change at the same time. They share one transaction.</summary>
    private const int GroupSize = 64;

    /// <summary>How often a link is tried again that other requests change at the same time.</summary>
    private const int MaxTries = 10;

    private readonly string _owner = Convert.ToHexString(RandomNumberGenerator.GetBytes(8));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(ChangeAllAsync, stoppingToken);

    /// <summary>Works on the requested changes until there is nothing to do at once.</summary>
    public async Task ChangeAllAsync(CancellationToken cancellationToken)
    {
        while (await tags.NextAsync(_owner, cancellationToken) is { } change)
        {
            var begin = time.GetTimestamp();
            var group = await tags.ReadLinksAsync(change, GroupSize, cancellationToken);
            await Task.WhenAll(group.Select(link => ChangeAsync(link.Name, change, cancellationToken)));
            long? last = group.Count == 0 ? null : group[^1].Id;
            if (!await tags.AdvanceAsync(change, last, cancellationToken))
                return;
            await Task.Delay(time.GetElapsedTime(begin), time, cancellationToken);
        }
    }

    private async Task ChangeAsync(LinkName name, TagChange change, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await reader.FindLatestAsync(name, cancellationToken) is not { } link)
                return;
            var changed = change.Apply(link);
            if (changed == link)
                return;
            var written = await links.ReplaceAsync(
                changed.ChangedBy(change.Actor, link) with { Version = link.Version + 1 }, cancellationToken);
            foreach (var changedName in link.Names)
                listener.OnChanged(changedName);
            if (written is not null)
                return;
        }
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message, exception is StoreUnavailableException ? null : exception);
    }

    [LoggerMessage(
        261,
        LogLevel.Warning,
        "Tags cannot be renamed or deleted now; the server tries again: {Reason}")]
    private partial void LogFailed(string reason, Exception? exception);
}
