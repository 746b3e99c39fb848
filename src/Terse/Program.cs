using System.CommandLine;
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

/// <summary>Lists all commands, and adds all features to the server.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        var root = new RootCommand("Terse shortens URLs, on one server or on many.")
        {
            ServeCommand.Create(BuildServer),
            ShortenCommand.Create(),
            LinksCommand.Create(),
            TagsCommand.Create(),
            DomainsCommand.Create(),
            CodesCommand.Create(BuildServer),
            AccessCommand.Create(BuildServer),
            MigrateCommand.Create(BuildServer),
            HostsCommand.Create(),
        };
        return CommandLine.RunAsync(root, args);
    }

    public static WebApplication BuildServer(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var builder = WebApplication.CreateSlimBuilder(Settings.ReadOnce);
        builder.Configuration.AddSettings(settings);
        builder.AddServer();
        builder.AddWeb();
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
        app.UseRedirects();
        app.UseWeb();
        app.UseAccess();
        app.MapHealth();
        app.MapAccess();
        app.MapDomainPages();
        app.MapLinks();
        app.MapFleet();
        app.MapVisits();
        return app;
    }
}
