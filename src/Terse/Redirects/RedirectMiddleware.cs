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
/// <param name="cached">Redirects to the target of a cached link.</param>
/// <param name="time">Provides the current time, by which links expire.</param>
internal sealed class RedirectMiddleware(
    RequestDelegate next,
    RequestDelegate uncached,
    LinkCache cache,
    DomainMap domains,
    CachedRedirects cached,
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
            cached.Redirect(context, link);
            return Task.CompletedTask;
        }

        var codes = CodePath.Read(path);
        return codes.Count > 0 ? AnswerUncached(context, domain, codes, probe) : next(context);
    }

    private Task AnswerUncached(
        HttpContext context, string probed, IReadOnlyList<PossibleCode> codes, CacheProbe whole)
    {
        var path = context.Request.Path.Value!;
        var (domain, isFinal) = domains.FindDomainOfHost(RequestHost.Sent(context), time);
        var requests = new List<CodeRequest>(codes.Count);
        foreach (var possible in codes)
        {
            var code = path.AsSpan(1, possible.Length);
            // The first probe took the whole path as the code. The domains may have changed since then.
            var probe = code.Length == path.Length - 1 && domain == probed
                ? whole
                : cache.Probe(domain, code);
            // If the cache contains a stale copy of the link, the strings of this copy are used again, so
            // that the newly loaded copy needs no new strings.
            var name = probe.Link?.Name ?? new LinkName(domain, code.ToString());
            var subpath = possible.HasSubpath ? CodePath.SubpathOf(context, name.Code) : "";
            requests.Add(new(name, probe, subpath, possible.Suffix));
            if (probe.IsFresh)
                break; // This link exists, so a shorter code is not meant.
        }

        context.Features.Set(new CodeRequests(requests, isFinal));
        return uncached(context);
    }
}
