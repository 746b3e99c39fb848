using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// Registers the services that send events to webhooks. <see cref="DeliveryDispatcher"/> creates a delivery
/// of each new event for each webhook that wants it. <see cref="DeliveryWorker"/> takes lines of deliveries
/// that are due, <see cref="LineSender"/> sends them with <see cref="WebhookClient"/>, and the worker stores
/// the outcomes.
/// </summary>
internal static class WebhookSenderSetup
{
    public static void AddWebhookSender(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(WebhookOptions.Section, WebhookOptions.SettingNames)
        {
            Numbers = [nameof(WebhookOptions.MaxInFlight), nameof(WebhookOptions.MaxConnections)],
            Durations = [nameof(WebhookOptions.Timeout), nameof(WebhookOptions.PauseAfter)],
        });
        services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        services.AddSingleton<DeliverySignal>();
        services.AddSingleton<HeldReceivers>();
        services.AddSingleton<DeliveryMetrics>();
        services.AddSingleton(provider => new WebhookClient(
            provider.GetRequiredService<IOptions<WebhookOptions>>().Value,
            provider.GetRequiredService<IOptions<EventOptions>>().Value.Source,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LineSender>();
        services.AddSingleton<DeliveryDispatcher>();

        // Hosted services stop in the reverse order of registration.
        services.AddHostedService<DeliveryWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveryDispatcher>());
    }
}
