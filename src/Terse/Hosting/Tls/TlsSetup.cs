using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>Configures addresses that begin with <c>https</c>.</summary>
internal static class TlsSetup
{
    public static void AddTls(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<TlsOptions>().BindConfiguration(TlsOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(TlsOptions.Section, TlsOptions.SettingNames)
        {
            PerServer = TlsOptions.SettingNames,
        });
        services.AddSingleton<IValidateOptions<TlsOptions>, TlsOptionsValidator>();
        if (string.IsNullOrEmpty(
            builder.Configuration[$"{TlsOptions.Section}:{nameof(TlsOptions.CertificateFile)}"]))
        {
            return;
        }

        services.AddSingleton<TlsCertificates>();
        services.AddHostedService(provider => provider.GetRequiredService<TlsCertificates>());
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var certificates = kestrel.ApplicationServices.GetRequiredService<TlsCertificates>();
            kestrel.ConfigureHttpsDefaults(https =>
            {
                // The selector alone would send the certificate without its intermediate certificates.
                https.ServerCertificateSelector = (_, _) => certificates.Current.Leaf;
                https.OnAuthenticate = (_, handshake) =>
                {
                    handshake.ServerCertificateSelectionCallback = null;
                    handshake.ServerCertificateContext = certificates.Current.Context;
                };
            });
        });
    }
}
