using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// A GET or HEAD request for a code that <see cref="RedirectMiddleware"/> did not answer itself, and what it
/// found so far. The request carries it as a feature (<see cref="HttpContext.Features"/>).
/// </summary>
/// <param name="Name">The name of the link.</param>
/// <param name="IsPreview"><inheritdoc cref="CodePath.IsPreview"/></param>
/// <param name="Probe">What the cache has under this name.</param>
internal sealed record CodeRequest(LinkName Name, bool IsPreview, CacheProbe Probe);
