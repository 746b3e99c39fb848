using Terse.Web;

namespace Terse.Access;

/// <summary>
/// Lets a request of the API reach its endpoint only if the caller has the role that the endpoint requires
/// (<see cref="RequiredRole"/>). Redirects, pages and health probes need no key. The handlers check the
/// scope of a key, because only they know which links a request concerns.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, Authenticator authenticator, RefusalLog log)
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
            log.Write(context, refusal.Answer.Status, refusal.Reason, refusal.KeyId);
            await refusal.Answer.ExecuteAsync(context);
            return;
        }

        context.Features.Set(caller);
        context.Response.Headers.CacheControl = "no-store"; // Some handlers allow more.
        await next(context);
        if (context.Response.StatusCode == StatusCodes.Status403Forbidden)
        {
            log.Write(
                context,
                StatusCodes.Status403Forbidden,
                "the key may not create or change the link",
                caller!.KeyId);
        }
    }

    private static KeyRefusal? Check(Caller caller, RequiredRole required)
    {
        if (caller.Role < required.Role)
        {
            var (has, needs) = (RoleNames.Of(caller.Role), RoleNames.Of(required.Role));
            return new(
                Problem.Of(
                    ProblemType.RoleInsufficient,
                    $"The key has the role {has}; this operation needs {needs}."),
                $"the role of the key is {has}, not {needs}",
                caller.KeyId);
        }

        return required.NeedsAll && caller.IsLimited
            ? new(
                Problem.Of(
                    ProblemType.KeyLimited,
                    "The key is limited to domains or tags; this operation concerns the whole installation."),
                "the key is limited to domains or tags",
                caller.KeyId)
            : null;
    }
}
