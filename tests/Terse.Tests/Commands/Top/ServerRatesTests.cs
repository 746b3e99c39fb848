using Microsoft.Extensions.Time.Testing;
using Terse.Commands;

namespace Terse.Tests.Commands;

public sealed class ServerRatesTests
{
    private const string Cpu = "dotnet_process_cpu_time_seconds_total{cpu_mode=\"user\"}";
    private const string Redirects = "terse_redirects_total{terse_redirect_outcome=";
    private const string Answered = "terse_lookups_answered_total{terse_lookup_outcome=";
    private const string Counted = "http_server_request_duration_seconds_count{http_response_status_code=";

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Rates_are_the_growth_of_the_counters_a_second()
    {
        var rates = Between(
            $$"""
            {{Redirects}}"followed"} 100
            {{Redirects}}"unknown"} 10
            terse_ids_minted_total 5
            terse_cache_hits_total 90
            terse_cache_misses_total 20
            """,
            $$"""
            {{Redirects}}"followed"} 120
            {{Redirects}}"unknown"} 14
            terse_ids_minted_total 6
            terse_cache_hits_total 105
            terse_cache_misses_total 25
            {{Answered}}"replica"} 8
            {{Answered}}"primary"} 6
            {{Answered}}"fence"} 4
            {{Answered}}"shed"} 2
            {{Answered}}"failed"} 1
            {{Counted}}"503"} 3
            {{Counted}}"500"} 1
            {{Counted}}"404"} 7
            """)!;

        Assert.Equal((10, 2, 0.5, 2), (rates.Followed, rates.Other, rates.Created, rates.Errors));
        Assert.Equal(new LookupRates(7.5, 2.5, 4, 3, 2, 1, 0.5), rates.Lookups);
        Assert.Equal(0.75, rates.Lookups.CacheHitShare);
    }

    [Theory]
    [InlineData(Cpu)]
    [InlineData(Redirects + "\"followed\"}")]
    [InlineData("terse_ids_minted_total")]
    public void A_counter_that_went_back_shows_a_restart_which_has_no_rates(string counter)
    {
        Assert.Null(Between($"{counter} 100", $"{counter} 99\nterse_cache_hits_total 1000"));
        Assert.NotNull(Between($"{counter} 100", $"{counter} 100"));
    }

    [Fact]
    public void A_value_that_may_fall_shows_no_restart() => Assert.NotNull(
        Between("dotnet_thread_pool_thread_count_total 9", "dotnet_thread_pool_thread_count_total 3"));

    [Theory]
    [InlineData("terse_cache_hits_total 1\nterse_ca", "terse_cache_hits_total 900")]
    [InlineData("terse_cache_hits_total 1", "terse_cache_hits_total 900\n{")]
    public void A_damaged_scrape_has_no_rates(string before, string after) =>
        Assert.Null(Between(before, after));

    [Fact]
    public void Values_that_are_no_numbers_make_no_rates()
    {
        var rates = Between(
            "terse_cache_hits_total 1\nterse_ids_minted_total NaN",
            "terse_cache_hits_total NaN\nterse_ids_minted_total +Inf")!;

        Assert.Equal((0, 0), (rates.Lookups.Cache, rates.Created));
        Assert.Null(rates.Lookups.CacheHitShare);
        Assert.Null(rates.P99);
    }

    [Fact]
    public void The_total_adds_the_servers_and_has_quantiles_of_all_requests()
    {
        const string Bucket = "http_server_request_duration_seconds_bucket{le=";
        var fast = Between("up 1", $"{Bucket}\"1\"}} 90\n{Bucket}\"2\"}} 90\n{Bucket}\"+Inf\"}} 90")!;
        var slow = Between("up 1", $"{Bucket}\"1\"}} 0\n{Bucket}\"2\"}} 10\n{Bucket}\"+Inf\"}} 10")!;
        var total = ServerRates.Total([fast with { Followed = 3 }, slow with { Followed = 4 }])!;

        Assert.Equal(7, total.Followed);
        Assert.Equal(1.9, Math.Round(total.P99!.Value, 6));
        Assert.Null(ServerRates.Total([]));
    }

    [Fact]
    public void Probes_are_no_requests()
    {
        const string Bucket = "http_server_request_duration_seconds_bucket{http_route=";
        var rates = Between("up 1", $"{Bucket}\"/readyz/creations\",le=\"1\"}} 90")!;

        Assert.Null(rates.P99);
    }

    /// <summary>The scrapes are 2 s apart.</summary>
    private ServerRates? Between(string before, string after)
    {
        var first = new Scrape(before, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(2));
        return ServerRates.Between(first, new Scrape(after, _time.GetTimestamp()), _time);
    }
}
