using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Visits;

/// <summary>
/// Counting visits, without a redirect waiting for it. <see cref="VisitRecorder"/> leaves a visit in memory
/// that outlives the process (<see cref="VisitRing"/>); <see cref="VisitSpooler"/> makes batches of them, on
/// the disk (<see cref="VisitSpool"/>); <see cref="VisitSender"/> sends each to the database until that has
/// it. A batch has a number, and the database passes over one that it has seen: so each visit counts once,
/// wherever the process, the network or the database fails in between.
/// </summary>
internal static class VisitSetup
{
    /// <param name="services">The server's.</param>
    /// <param name="folder">Tells the folder in which a server keeps what is its own.</param>
    public static void AddVisits(this IServiceCollection services, Func<IServiceProvider, string> folder)
    {
        services.AddOptions<VisitOptions>().BindConfiguration(VisitOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(VisitOptions.Section, VisitOptions.SettingNames)
        {
            PerServer = [nameof(VisitOptions.Folder)],
        });
        services.AddSingleton<IValidateOptions<VisitOptions>, VisitOptionsValidator>();
        services.AddSingleton(provider => OpenFolder(provider, folder(provider)));
        services.AddSingleton(provider => provider.GetRequiredService<VisitFolder>().Ring);
        services.AddSingleton(provider => provider.GetRequiredService<VisitFolder>().Spool);
        services.AddSingleton<VisitMetrics>();
        services.AddSingleton<VisitRecorder>();
        services.AddSingleton<VisitClassifier>();
        services.AddSingleton(OpenCountries);
        services.AddSingleton<Func<VisitRun?>>(provider =>
            () => RunOf(provider.GetRequiredService<IdMint>().Reservation));

        // They are stopped the other way round: first the ring is emptied, then the spool.
        services.AddHostedService<VisitSender>();
        services.AddHostedService<VisitSpooler>();
    }

    private static VisitFolder OpenFolder(IServiceProvider provider, string folder)
    {
        var visits = provider.GetRequiredService<IOptions<VisitOptions>>().Value;
        return new VisitFolder(
            visits.Folder ?? Path.Combine(folder, "visits"), visits.RingSlots, visits.SpoolBytes);
    }

    private static CountrySource OpenCountries(IServiceProvider provider)
    {
        var visits = provider.GetRequiredService<IOptions<VisitOptions>>().Value;
        return new CountrySource(
            visits.CountryHeader,
            visits.ClientAddressHeader,
            visits.CountryFile is { } file ? CountryFile.Open(file) : null);
    }

    private static VisitRun? RunOf(NodeReservation? held) =>
        held is null ? null : new VisitRun(held.Node, held.Epoch);
}
