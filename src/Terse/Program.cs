using Terse.Access;
using Terse.Codes;
using Terse.Commands;
using Terse.Domains;
using Terse.Fleet;
using Terse.Hosting;
using Terse.Ids;
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

    public static WebApplication BuildServer(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var builder = WebApplication.CreateSlimBuilder(Settings.ReadOnce);
        builder.Configuration.AddSettings(
            settings, [.. ServeCommand.LogLevels, .. AccessSetup.LogLevels, .. WebSetup.LogLevels]);
        builder.AddServer();
        builder.AddWeb();
        builder.AddMetricsPort();
        builder.AddStorage();
        builder.Services.AddDomains();
        builder.Services.AddAccess();
        builder.Services.AddIds();
        builder.Services.AddCodes();
        builder.Services.AddLinks();
        builder.Services.AddRedirects(StorageSetup.FolderOf);
        builder.Services.AddVisits(StorageSetup.FolderOf);
        builder.Services.AddFleet();
        var app = builder.Build();
        app.UseMetricsPort();
        app.UseRedirects();
        app.UseWebHost();
        app.UseWeb();
        app.UseAccess();
        app.MapHealth();
        app.MapApiDocument();
        app.MapAccess();
        app.MapDomainPages();
        app.MapLinks();
        app.MapFleet();
        app.MapLag();
        app.MapVisits();
        return app;
    }
}
