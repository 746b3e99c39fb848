using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Terse.Hosting;

/// <summary>
/// Removes the addresses of <c>Urls</c> before the web server starts, because systemd passes the sockets.
/// </summary>
/// <param name="urls">The setting <c>Urls</c>, if the operator has set it.</param>
/// <param name="logger">Receives a warning if a setting has no effect.</param>
internal sealed partial class IgnoredUrls(string? urls, ILogger<IgnoredUrls> logger) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.ServerFeatures.Get<IServerAddressesFeature>()?.Addresses.Clear();
        if (urls is not null)
            LogIgnored(urls);
        next(app);
    };

    [LoggerMessage(
        40,
        LogLevel.Warning,
        "Urls ('{Urls}') is ignored, because systemd passes the listening sockets; remove it, and set "
            + "ListenStream in the socket unit.")]
    private partial void LogIgnored(string urls);
}
