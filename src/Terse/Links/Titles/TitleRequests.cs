using System.Threading.Channels;

namespace Terse.Links;

/// <summary>
/// The links whose titles the server still has to read from their targets. The links wait in memory only: if
/// the server stops before their turn, they keep no title, or their present one.
/// </summary>
internal sealed class TitleRequests(TitleMetrics metrics)
{
    /// <summary>
    /// The maximum number of links that wait. Further requests are dropped, so that slow targets do not fill
    /// the memory.
    /// </summary>
    public const int MaxWaiting = 1_000;

    private readonly Channel<Link> _waiting = Channel.CreateBounded<Link>(MaxWaiting);

    /// <summary>The links that wait, in the order of their requests.</summary>
    public ChannelReader<Link> Waiting => _waiting.Reader;

    /// <summary>
    /// Requests the title of a link's target if the request of a client asked for it. Does not wait.
    /// </summary>
    /// <param name="fields">The fields that the client sent.</param>
    /// <param name="stored">The link, as it is stored now.</param>
    public void AddIfAsked(LinkFields fields, Link stored)
    {
        if (fields.Title == LinkTexts.AutoTitle && !_waiting.Writer.TryWrite(stored))
            metrics.Count(TitleOutcome.Dropped);
    }
}
