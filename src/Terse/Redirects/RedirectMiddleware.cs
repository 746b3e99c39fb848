using Terse.Domains;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// The hot path of the program: it runs before all other middleware, and redirects a request for a cached
/// link at once, without a route, a lock, a log line or an allocation. Any other request for a code goes to a
/// second pipeline, in which errors get bodies; a request for no code goes to the next middleware.
/// </summary>
/// <param name="next">Answers requests that are not for a code.</param>
/// <param name="uncached">Answers requests for a code that this middleware does not answer itself.</param>
/// <param name="cache">The links in memory.</param>
/// <param name="domains">The domain of each host.</param>
/// <param name="redirector">Writes the redirect.</param>
/// <param name="time">The wall clock, for links that expire.</param>
internal sealed class RedirectMiddleware(
    RequestDelegate next,
    RequestDelegate uncached,
    LinkCache cache,
    DomainMap domains,
    Redirector redirector,
    TimeProvider time)
{
    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value.AsSpan();
        if (path.Length is <= 1 or > CodePath.MaxLength)
            return next(context);
        if (!Redirector.IsRead(context.Request))
            return CodePath.TryRead(path, out _) ? uncached(context) : next(context);

        var domain = domains.DomainOfHost(RequestHost.Sent(context));
        var probe = cache.Probe(domain, path[1..]);
        if (probe is { IsFresh: true, Link: { } link }
            && (link.ExpiresAt == long.MaxValue || !link.HasExpired(time.GetUtcNow())))
        {
            redirector.Redirect(context, link);
            return Task.CompletedTask;
        }

        return CodePath.TryRead(path, out var read)
            ? AnswerUncached(context, domain, read, probe)
            : next(context);
    }

    private Task AnswerUncached(HttpContext context, string domain, CodePath path, CacheProbe probe)
    {
        // With a slash or a plus behind the code, the first probe was for a name that no link can have.
        if (path.Code.Length < context.Request.Path.Value!.Length - 1)
            probe = cache.Probe(domain, path.Code);

        // A stale link shares its strings with the copy that replaces it.
        var name = probe.Link?.Name ?? new LinkName(domain, path.Code.ToString());
        context.Features.Set(new CodeRequest(name, path.IsPreview, probe));
        return uncached(context);
    }
}
