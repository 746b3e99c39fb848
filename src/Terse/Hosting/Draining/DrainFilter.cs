using Microsoft.AspNetCore.Connections.Features;

namespace Terse.Hosting;

/// <summary>
/// Closes each connection after its next response while the server drains, so that clients and load balancers
/// open their next connection to a different server: with <c>Connection: close</c>, and on HTTP/2 with a
/// GOAWAY frame, after which open streams are still answered. Idle connections stay open during this time,
/// because a request may already be on its way.
/// </summary>
internal sealed class DrainFilter(Drain drain) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => context =>
        {
            if (drain.HasBegun)
                context.Response.OnStarting(Close, context);
            return following(context);
        });
        next(app);
    };

    private static Task Close(object state)
    {
        var context = (HttpContext)state;
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        else
            context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }
}
