using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// What <see cref="RedirectMiddleware"/> already knows about a GET or HEAD request for a code that it cannot
/// answer from the cache. The middleware passes this record to <see cref="Redirector"/> in
/// <see cref="HttpContext.Features"/>.
/// </summary>
/// <param name="Name">The name of the requested link; a link with this name need not exist.</param>
/// <param name="IsPreview">Whether the client asks for a preview instead of a redirect.</param>
/// <param name="Probe">The result of the cache lookup for this name.</param>
internal sealed record CodeRequest(LinkName Name, bool IsPreview, CacheProbe Probe);
