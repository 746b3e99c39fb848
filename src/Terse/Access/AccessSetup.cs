using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Access;

/// <summary>Registers the services and the middleware that decide who may use the API.</summary>
internal static class AccessSetup
{
    /// <summary>
    /// Operators need refused keys in the log, whatever the default level is. The number of these lines is
    /// bounded.
    /// </summary>
    public static readonly KeyValuePair<string, string?>[] LogLevels =
        [new($"Logging:LogLevel:{typeof(RefusalLog).FullName}", nameof(LogLevel.Information))];

    public static void AddAccess(this IServiceCollection services)
    {
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(AccessOptions.Section, AccessOptions.SettingNames)
        {
            PerServer = [nameof(AccessOptions.AdminKeyFile)],
            Flags = [nameof(AccessOptions.AuditAddresses)],
        });
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessOptionsValidator>();
        services.AddJson(AccessJson.Instance);
        services.AddSingleton<KeyLoader>();
        services.AddHostedService(provider => provider.GetRequiredService<KeyLoader>());
        services.AddSingleton<KeyUses>();
        services.AddHostedService(provider => provider.GetRequiredService<KeyUses>());
        services.AddSingleton(provider => FileKey.Read(
            provider.GetRequiredService<IOptions<AccessOptions>>().Value,
            provider.GetRequiredService<ILogger<FileKey>>()));
        services.AddSingleton<KeyManager>();
        services.AddSingleton<AuditLister>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<RefusalLog>();
        services.AddLimits();
    }

    /// <summary>Adds the middleware, which must follow the routing.</summary>
    public static void UseAccess(this IApplicationBuilder app) => app.UseMiddleware<AccessMiddleware>();
}
