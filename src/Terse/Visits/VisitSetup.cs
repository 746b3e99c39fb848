using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Ids;
using Terse.Links;
using Terse.Web;

namespace Terse.Visits;

/// <summary>
/// Registers the services that record visits. Recording never delays a redirect. <see cref="VisitRecorder"/>
/// writes each visit to a ring buffer in memory that survives a kill of the process
/// (<see cref="VisitRing"/>). <see cref="VisitSpooler"/> writes batches of visits to the disk
/// (<see cref="VisitSpool"/>). <see cref="VisitSender"/> sends each batch to the database, and sends the
/// batch again until the database has stored it. Batches are numbered, and the database ignores a batch whose
/// number is already stored. So each recorded visit counts exactly once, even if the process, the network or
/// the database fails.
/// </summary>
internal static class VisitSetup
{
    /// <param name="services">The service collection of the server.</param>
    /// <param name="folder">Returns the folder in which the server keeps its own files.</param>
    public static void AddVisits(this IServiceCollection services, Func<IServiceProvider, string> folder)
    {
        services.AddOptions<VisitOptions>().BindConfiguration(VisitOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(VisitOptions.Section, VisitOptions.SettingNames)
        {
            PerServer = [nameof(VisitOptions.Folder)],
            Replaced = VisitOptions.Replaced,
            Numbers = [nameof(VisitOptions.RingSlots)],
            LargeNumbers = [nameof(VisitOptions.SpoolBytes)],
        });
        services.AddSingleton<IValidateOptions<VisitOptions>, VisitOptionsValidator>();
        services.AddSingleton(provider => OpenFolder(provider, folder(provider)));
        services.AddSingleton(provider => provider.GetRequiredService<VisitFolder>().Ring);
        services.AddSingleton(provider => provider.GetRequiredService<VisitFolder>().Spool);
        services.AddSingleton<VisitMetrics>();
        services.AddSingleton<VisitRecorder>();
        services.AddSingleton<VisitClassifier>();
        services.AddSingleton(UserAgentTables.Names);
        services.AddSingleton(OpenCountries);
        services.AddSingleton<Func<VisitRun?>>(provider =>
        {
            var mint = provider.GetRequiredService<IdMint>();
            var id = Guid.CreateVersion7(provider.GetRequiredService<TimeProvider>().GetUtcNow());
            return () => mint.Reservation is { } held ? new VisitRun(held.Node, held.Epoch, id) : null;
        });

        // Hosted services stop in the reverse order of registration. So the spooler first moves the last
        // visits from the ring buffer to the spool, and then the sender sends the batches of the spool.
        services.AddHostedService<VisitSender>();
        services.AddHostedService<VisitSpooler>();
        services.AddVisitHistory();
    }

    /// <summary>Registers the services that report and delete stored visits.</summary>
    private static void AddVisitHistory(this IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(RetentionOptions.Section, RetentionOptions.SettingNames)
        {
            Durations = [nameof(RetentionOptions.Retention)],
        });
        services.AddSingleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>();
        services.AddSingleton<ILinkVisits>(provider => provider.GetRequiredService<IVisitReader>());
        services.AddJson(VisitJson.Instance);
        services.AddSingleton<VisitReport>();
        services.AddHostedService<VisitRetention>();
        services.AddHostedService<VisitRollup>();
        services.AddHostedService<VisitErasure>();
    }

    private static VisitFolder OpenFolder(IServiceProvider provider, string folder)
    {
        var visits = provider.GetRequiredService<IOptions<VisitOptions>>().Value;
        return new VisitFolder(
            visits.Folder ?? Path.Combine(folder, "visits"),
            visits.RingSlots,
            visits.SpoolBytes,
            provider.GetRequiredService<ILogger<VisitFolder>>(),
            new VisitDisk());
    }

    private static CountrySource OpenCountries(IServiceProvider provider)
    {
        var visits = provider.GetRequiredService<IOptions<VisitOptions>>().Value;
        return new CountrySource(
            visits.CountryHeader,
            visits.CountryFile is { } file ? CountryFile.Open(file) : null);
    }
}
