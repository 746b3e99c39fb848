using Terse.Domains;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// What the program exists for: a code comes in, its target goes out. This stands before all else. Where the
/// cache knows the link, the answer is made on the spot: no route, no lock, no log, no memory of its own.
/// Whatever else asks for a code takes the slower way, on which errors have bodies; what is no code goes on.
/// </summary>
/// <param name="next">All that is no code.</param>
/// <param name="slower">All that is a code, and was not answered here.</param>
/// <param name="cache">The links in memory.</param>
/// <param name="domains">Whose links a host has.</param>
/// <param name="redirector">Answers.</param>
/// <param name="time">The wall clock, for links that expire.</param>
internal sealed class RedirectMiddleware(
    RequestDelegate next,
    RequestDelegate slower,
    LinkCache cache,
    DomainMap domains,
    Redirector redirector,
    TimeProvider time)
{
    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value.AsSpan();
        if (path.Length is > 1 and <= CustomCode.MaxLength + 1
            && Redirector.IsRead(context.Request)
            && cache.TryGet(domains.DomainOfHost(RequestHost.Sent(context)), path[1..], out var link)
            && (link.ExpiresAt == long.MaxValue || !link.HasExpired(time.GetUtcNow())))
        {
            redirector.Follow(context, link);
            return Task.CompletedTask;
        }

        return CodePath.TryRead(path, out _) ? slower(context) : next(context);
    }
}
