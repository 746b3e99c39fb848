using Terse.Domains;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// The hot path of Terse. This middleware runs before all other middleware. It redirects a request for a
/// cached link at once, without a route, a lock, a log line or an allocation. Any other request for a code
/// goes to a second pipeline, whose error policy writes a body for each error. A request whose path names no
/// code goes to the next middleware.
/// </summary>
/// <param name="next">The next middleware, for requests whose path names no code.</param>
/// <param name="uncached">
/// The second pipeline, for requests for a code that this middleware cannot answer from the cache.
/// </param>
/// <param name="cache">Contains the cached links.</param>
/// <param name="domains">Finds the domain of the request's host.</param>
/// <param name="redirector">Writes the redirect.</param>
/// <param name="time">Provides the current time, by which links expire.</param>
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
        if (path.Length <= 1)
            return next(context);

        var domain = domains.DomainOfHost(RequestHost.Sent(context));
        var probe = path.Length <= CodePath.MaxLength ? cache.Probe(domain, path[1..]) : default;
        if (probe is { IsFresh: true, Link: { Conditional: null } link }
            && Redirector.IsRead(context.Request)
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
        // The first probe took the whole path as the code. If a slash or a suffix follows the code, that
        // probe cannot have found the link.
        if (path.Code.Length < context.Request.Path.Value!.Length - 1)
            probe = cache.Probe(domain, path.Code);

        // If the cache contains a stale copy of the link, the strings of this copy are used again, so that
        // the newly loaded copy needs no new strings.
        var name = probe.Link?.Name ?? new LinkName(domain, path.Code.ToString());
        var subpath = path.HasSubpath ? CodePath.SubpathOf(context) : "";
        context.Features.Set(new CodeRequest(name, probe, subpath, path.Suffix)
        {
            WithSuffix = path.NameWithSuffix(domain) is { } whole
                ? new(whole, cache.Probe(domain, whole.Code), subpath, CodeSuffix.None)
                : null,
        });
        return uncached(context);
    }
}
