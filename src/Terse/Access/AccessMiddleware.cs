using Terse.Web;

namespace Terse.Access;

/// <summary>
/// Lets a request of the API reach its endpoint only if the caller has the role that the endpoint requires
/// (<see cref="RequiredRole"/>). Redirects, pages and health probes need no key. The handlers check the
/// limits of a key, because only they know which links a request concerns.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, Authenticator authenticator)
{
    public Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.GetEndpoint() is { } endpoint && ApiPath.Contains(context.Request.Path)
            ? CheckAsync(context, endpoint.Metadata.GetMetadata<RequiredRole>() ?? RequiredRole.Default)
            : next(context);
    }

    private async Task CheckAsync(HttpContext context, RequiredRole required)
    {
        var (caller, refusal) = await authenticator.FindCallerAsync(context);
        refusal ??= Check(caller!, required);
        if (refusal is not null)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        context.Features.Set(caller);
        context.Response.Headers.CacheControl = "no-store"; // Some handlers allow more.
        await next(context);
    }

    private static Problem? Check(Caller caller, RequiredRole required) =>
        caller.Role < required.Role
            ? Problem.Of(
                ProblemType.RoleInsufficient,
                $"The key has the role {RoleNames.Of(caller.Role)}; this operation needs "
                + $"{RoleNames.Of(required.Role)}.")
        : required.NeedsAll && caller.IsLimited
            ? Problem.Of(
                ProblemType.KeyLimited,
                "The key is limited to domains or tags; this operation concerns the whole installation.")
        : null;
}
