using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Commands;

/// <summary>What a server did between two scrapes; all numbers are a second, except durations.</summary>
/// <param name="Followed">Redirects to the target of a link.</param>
/// <param name="Other">Other answers to requests for codes, such as "not found".</param>
/// <param name="Created">Ids that the server minted: one for each link that was created.</param>
/// <param name="Errors">Requests that were answered with 5xx, apart from probes.</param>
/// <param name="Lookups">How the requests for codes found their link.</param>
internal sealed record ServerRates(
    double Followed, double Other, double Created, double Errors, LookupRates Lookups)
{
    private const string Redirects = "terse_redirects_total";
    private const string Minted = "terse_ids_minted_total";
    private const string Durations = "http_server_request_duration_seconds";
    private const string Counted = $"{Durations}_count";

    /// <summary>
    /// These counters show a restart: the first one grows in every process, and the others are used here.
    /// </summary>
    private static readonly string[] Counters =
    [
        "dotnet_process_cpu_time_seconds_total", Redirects, Minted, Counted, .. LookupRates.Counters,
    ];

    /// <summary>How long requests took, without cached redirects and probes.</summary>
    [JsonIgnore]
    public DurationHistogram Histogram { get; private init; } = new();

    /// <summary>The median of these requests, in seconds; null without any.</summary>
    public double? P50 => Histogram.Quantile(0.5);

    /// <summary>99 % of these requests took at most this long, in seconds.</summary>
    public double? P99 => Histogram.Quantile(0.99);

    /// <summary>
    /// Returns the rates between two scrapes of a server; null if the server started again between them, or
    /// if a scrape was damaged.
    /// </summary>
    public static ServerRates? Between(Scrape before, Scrape after, TimeProvider time)
    {
        var seconds = time.GetElapsedTime(before.ReadAt, after.ReadAt).TotalSeconds;
        if (seconds <= 0 || !after.Continues(before, Counters))
            return null;
        var followed = after.Growth(before, Redirects, IsFollowed) / seconds;
        return new(
            followed,
            (after.Growth(before, Redirects) / seconds) - followed,
            after.Growth(before, Minted) / seconds,
            after.Growth(before, Counted, IsError) / seconds,
            LookupRates.Between(before, after, seconds))
        {
            Histogram = DurationHistogram.Between(before, after, Durations, IsNoProbe),
        };
    }

    /// <summary>Returns the rates of all servers together; null without any.</summary>
    public static ServerRates? Total(IReadOnlyCollection<ServerRates> servers)
    {
        if (servers.Count == 0)
            return null;
        var histogram = new DurationHistogram();
        foreach (var server in servers)
            histogram.Add(server.Histogram);
        return new(
            servers.Sum(server => server.Followed),
            servers.Sum(server => server.Other),
            servers.Sum(server => server.Created),
            servers.Sum(server => server.Errors),
            LookupRates.Total([.. servers.Select(server => server.Lookups)]))
        {
            Histogram = histogram,
        };
    }

    private static bool IsFollowed(MetricSample sample) =>
        sample.Label("terse_redirect_outcome") == "followed";

    /// <summary>Whether a sample counts answers with 5xx, apart from probes.</summary>
    internal static bool IsError(MetricSample sample) =>
        sample.Label("http_response_status_code") is ['5', ..] && IsNoProbe(sample);

    /// <summary>
    /// Whether a sample counts requests of clients. A balancer sends probes also while there are no requests.
    /// </summary>
    internal static bool IsNoProbe(MetricSample sample) =>
        !HealthEndpoints.IsProbe(sample.Label("http_route") ?? "");
}
