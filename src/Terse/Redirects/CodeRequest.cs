using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Describes a request for a code, of any method, when <see cref="RedirectMiddleware"/> cannot answer the
/// request from the cache. The middleware passes <see cref="CodeRequests"/> to <see cref="Redirector"/> in
/// <see cref="HttpContext.Features"/>, so that the redirector neither parses the path nor probes the cache
/// again.
/// </summary>
/// <param name="Name">The name of the requested link; a link with this name need not exist.</param>
/// <param name="Probe">The result of the cache lookup for this name.</param>
/// <param name="Subpath">The part of the path after the code, as sent: empty, or a slash and more.</param>
/// <param name="Suffix">What the client asks for.</param>
internal sealed record CodeRequest(LinkName Name, CacheProbe Probe, string Subpath, CodeSuffix Suffix);

/// <summary>What the path of a request can mean: the first of these requests whose link exists.</summary>
/// <param name="All">One or more requests, that with the longest code first.</param>
/// <param name="IsDomainFinal">
/// Whether the host of the request certainly belongs to the domain of <paramref name="All"/>. If not, the
/// link may exist in another domain, so its absence is not final.
/// </param>
internal sealed record CodeRequests(IReadOnlyList<CodeRequest> All, bool IsDomainFinal);
