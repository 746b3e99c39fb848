using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Redirects to the target of a cached link. Only the chosen share of these redirects leaves a span or a log
/// line; the others create nothing for telemetry, and count in <see cref="RedirectMetrics"/>.
/// </summary>
internal sealed class CachedRedirects(
    Redirector redirector,
    RedirectSampler sampler,
    RequestLog log,
    TimeProvider time)
{
    public void Redirect(HttpContext context, CachedLink link)
    {
        var (isTraced, isLogged) = (sampler.Next(), log.TakeShare());
        if (isTraced || isLogged)
            RedirectAndRecord(context, link, isTraced, isLogged);
        else
            redirector.Redirect(context, link);
    }

    private void RedirectAndRecord(HttpContext context, CachedLink link, bool isTraced, bool isLogged)
    {
        var begin = time.GetTimestamp();
        using var span = RequestSpan.StartPublic(context.Request, isTraced);
        redirector.Redirect(context, link);
        context.Response.Headers[TraceIds.Header] = span.TraceId.ToHexString();
        RequestSpan.Complete(span, context);
        log.Write(context, time.GetElapsedTime(begin), isLogged);
    }
}
