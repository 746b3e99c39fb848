using Terse.Web;

namespace Terse.Events;

/// <summary>Registers the services and the endpoints that manage webhooks.</summary>
internal static class WebhookApiSetup
{
    public static void AddWebhookApi(this IServiceCollection services)
    {
        services.AddJson(WebhookApiJson.Instance);
        services.AddSingleton<WebhookChecker>();
        services.AddSingleton<WebhookManager>();
        services.AddSingleton<DeliveryReplay>();
    }

    public static void MapWebhooks(this IEndpointRouteBuilder app) => app.MapWebhookEndpoints();
}
