using Terse.Access;
using Terse.Codes;
using Terse.Commands;
using Terse.Domains;
using Terse.Events;
using Terse.Fleet;
using Terse.Hosting;
using Terse.Links;
using Terse.Redirects;
using Terse.Storage;
using Terse.Visits;
using Terse.Web;

namespace Terse;

/// <summary>Adds all features to the server. <see cref="CommandLine"/> lists the commands.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => CommandLine.RunAsync(BuildServer, args);

    public static WebApplication BuildServer(
        IEnumerable<KeyValuePair<string, string?>> settings, ConfigStart? start = null)
    {
        var app = CreateBuilder(settings, start).Build();
        app.UseMetricsPort();
        app.UseRedirects();
        app.UseWebHost();
        app.UseWeb();
        app.UseAccess();
        app.MapWeb();
        app.MapAccess();
        app.MapDomainPages();
        app.MapLinks();
        app.MapEvents();
        app.MapFleet();
        app.MapVisits();
        return app;
    }

    private static WebApplicationBuilder CreateBuilder(
        IEnumerable<KeyValuePair<string, string?>> settings, ConfigStart? start)
    {
        var builder = WebApplication.CreateSlimBuilder(Settings.ReadOnce);
        builder.AddSettings(settings, start, CreateBuilder,
            [.. ServeCommand.LogLevels, .. AccessSetup.LogLevels, .. WebSetup.LogLevels]);
        builder.AddServer();
        builder.AddWeb();
        builder.AddStorage();
        builder.Services.AddDomains();
        builder.Services.AddAccess();
        builder.Services.AddCodes();
        builder.Services.AddLinks();
        builder.Services.AddEvents();
        builder.Services.AddRedirects(StorageSetup.FolderOf);
        builder.Services.AddVisits(StorageSetup.FolderOf);
        builder.Services.AddFleet();
        return builder;
    }
}
