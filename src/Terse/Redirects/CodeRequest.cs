using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Describes a request for a code, of any method, when <see cref="RedirectMiddleware"/> cannot answer the
/// request from the cache. The middleware passes this record to <see cref="Redirector"/> in
/// <see cref="HttpContext.Features"/>, so that the redirector neither parses the path nor probes the cache
/// again.
/// </summary>
/// <param name="Name">The name of the requested link; a link with this name need not exist.</param>
/// <param name="IsPreview">Whether the client asks for a preview instead of a redirect.</param>
/// <param name="Subpath">The part of the path after the code, as sent: empty, or a slash and more.</param>
/// <param name="Probe">The result of the cache lookup for this name.</param>
internal sealed record CodeRequest(LinkName Name, bool IsPreview, string Subpath, CacheProbe Probe);
