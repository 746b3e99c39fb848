using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Events;

/// <summary>
/// Registers the settings and the services of events. <c>Log</c> reads events, <c>Schemas</c> describes
/// them, <c>Live</c> streams them, <c>Webhooks</c> manages webhooks, and <c>Deliveries</c> and <c>Sending</c>
/// deliver.
/// </summary>
internal static class EventSetup
{
    public static void AddEvents(this IServiceCollection services)
    {
        services.AddOptions<EventOptions>().BindConfiguration(EventOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(EventOptions.Section, EventOptions.SettingNames)
        {
            Durations = [nameof(EventOptions.Retention)],
            Numbers = [nameof(EventOptions.MaxStreams)],
            Live = [nameof(EventOptions.VisitDomains), nameof(EventOptions.VisitTags)],
        });
        services.AddSingleton<IValidateOptions<EventOptions>, EventOptionsValidator>();
        services.AddSingleton<VisitOptIn>();
        services.AddSingleton<EventTail>();
        services.AddSingleton<StreamMetrics>();
        services.AddSingleton<EventStreams>();
        services.AddJson(EventSchemaJson.Instance);
        services.AddWebhookApi();
        services.AddWebhookSender();
    }

    public static void MapEvents(this IEndpointRouteBuilder app)
    {
        app.MapEventStream();
        app.MapEventSchemas();
        app.MapWebhooks();
    }
}
