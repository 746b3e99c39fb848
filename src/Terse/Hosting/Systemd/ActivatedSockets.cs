using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// A listening socket that systemd has opened and passes to this process.
/// </summary>
/// <param name="Handle">The file descriptor.</param>
/// <param name="Name">The setting <c>FileDescriptorName</c> of the socket unit.</param>
internal sealed record ActivatedSocket(ulong Handle, string Name)
{
    /// <summary>The name of sockets whose connections use TLS.</summary>
    public const string SecureName = "https";

    public bool IsSecure => Name == SecureName;
}

/// <summary>
/// Socket activation: systemd opens the listening sockets, and keeps them open while the server restarts. New
/// connections wait in the kernel until the next process accepts them, so none is refused. The protocol is
/// that of sd_listen_fds(3), https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html.
/// </summary>
internal static class ActivatedSockets
{
    private const int FirstHandle = 3;
    private const int MaxSockets = 64;

    /// <summary>
    /// How many connections wait in the kernel while the server restarts; as <c>Backlog</c> in the socket
    /// unit, which the server would otherwise reduce to 512. net.core.somaxconn may reduce it.
    /// </summary>
    private const int MaxWaiting = 4096;

    /// <summary>Returns the sockets that the environment passes to a process; mostly none.</summary>
    /// <param name="variable">Returns the value of an environment variable.</param>
    /// <param name="process">The id of the process. A child of the activated process has another id.</param>
    public static IReadOnlyList<ActivatedSocket> Read(Func<string, string?> variable, int process)
    {
        if (ReadNumber(variable("LISTEN_PID")) != process
            || ReadNumber(variable("LISTEN_FDS")) is not (> 0 and <= MaxSockets and var count))
        {
            return [];
        }

        var names = variable("LISTEN_FDNAMES")?.Split(':') ?? [];
        return
        [
            .. Enumerable.Range(0, count).Select(index => new ActivatedSocket(
                (ulong)(FirstHandle + index), index < names.Length ? names[index] : "unknown")),
        ];
    }

    /// <summary>
    /// Lets the web server accept connections from the sockets of systemd instead of <c>Urls</c>. Must be
    /// called after everything that sets defaults for endpoints.
    /// </summary>
    public static void AddActivatedSockets(this WebApplicationBuilder builder)
    {
        var sockets = Read(Environment.GetEnvironmentVariable, Environment.ProcessId);
        if (sockets.Count == 0)
            return;
        var urls = builder.Configuration[Settings.Urls];
        builder.Services.AddSingleton<IStartupFilter>(services => new IgnoredUrls(
            urls == Settings.DefaultUrls ? null : urls, services.GetRequiredService<ILogger<IgnoredUrls>>()));
        builder.WebHost.UseSockets(transport => transport.Backlog = MaxWaiting);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, sockets));
    }

    private static void Listen(KestrelServerOptions kestrel, IReadOnlyList<ActivatedSocket> sockets)
    {
        var services = kestrel.ApplicationServices;
        var hasCertificate =
            services.GetRequiredService<IOptions<TlsOptions>>().Value.CertificateFile is not null;
        if (sockets.Any(socket => socket.IsSecure) && !hasCertificate)
        {
            throw new StartupException(
                $"systemd passes a socket with FileDescriptorName={ActivatedSocket.SecureName}, but https "
                + "needs a certificate; set Tls:CertificateFile, or give the socket another name.");
        }

        foreach (var socket in sockets)
        {
            kestrel.ListenHandle(socket.Handle, endpoint =>
            {
                if (socket.IsSecure)
                    endpoint.UseHttps();
            });
        }

        // Without an address in Urls, the web server listens only where it is told to.
        if (services.GetRequiredService<IOptions<TelemetryOptions>>().Value.MetricsUrl is { } url)
            ListenForMetrics(kestrel, BindingAddress.Parse(url));
    }

    private static void ListenForMetrics(KestrelServerOptions kestrel, BindingAddress address)
    {
        if (IPAddress.TryParse(address.Host, out var ip))
            kestrel.Listen(ip, address.Port);
        else
            kestrel.ListenLocalhost(address.Port);
    }

    private static int? ReadNumber(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
