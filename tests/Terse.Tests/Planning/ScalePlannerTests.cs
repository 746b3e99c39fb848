using Terse.Planning;

namespace Terse.Tests.Planning;

public sealed class ScalePlannerTests
{
    [Fact]
    public void Half_a_redirect_a_second_needs_one_machine_with_SQLite()
    {
        var plan = ScalePlanner.Plan(new(Links: 100_000, Redirects: 0.5, Creates: 0.01, Visits: 0.5));

        Assert.Equal(("SQLite", 1, 1, 0), (plan.Storage, plan.Installations, plan.Servers, plan.Replicas));
        Assert.Equal(0.0725 * 730, plan.MonthlyCosts.Servers, tolerance: 1e-9);
        Assert.Equal((0, 0), (plan.MonthlyCosts.Databases, plan.MonthlyCosts.Balancers));
    }

    /// <summary>
    /// By hand: 3,295.5 visits a second are half of what SQLite counted. 2,000 creations a second and the
    /// others stay below their limits.
    /// </summary>
    [Theory]
    [InlineData(3295, "SQLite")]
    [InlineData(3296, "PostgreSQL")]
    public void SQLite_carries_half_of_the_visits_that_it_counted_in_the_measurement(
        double visits, string storage)
    {
        var load = new Workload(1e6, 4000, Creates: 100, visits) { RetentionDays = 1 };

        Assert.Equal(storage, ScalePlanner.Plan(load).Storage);
    }

    /// <summary>
    /// By hand, for 20,000 redirects (5 % not cached), 100 creations and 20,000 visits a second:
    /// servers 20,000 × 28 µs + 1,000 × 161.0 µs + 100 × 108 µs = 0.7318 cores, which one server of 2 cores
    /// has, but 20,000 visits are 2.7896 times 7,169.5, half of what a server sent; so 3 servers;
    /// primary 100 × 114 µs + 20,000 × 68 µs = 1.3714 cores, so 4 cores that are busy for a half;
    /// replay 100 × 6 µs + 20,000 × 8.8 µs = 0.1766 cores;
    /// disk 10,000,000 × 837 B + 20,000 × 10 × 86,400 × 410 B = 7,093.17 GB.
    /// </summary>
    [Fact]
    public void A_plan_equals_the_calculation_by_hand()
    {
        var plan = ScalePlanner.Plan(new(1e7, 20_000, Creates: 100, 20_000) { RetentionDays = 10 });

        Assert.Equal(
            ("PostgreSQL", 1, 3, 1), (plan.Storage, plan.Installations, plan.Servers, plan.Replicas));
        Assert.Equal("db.r7g.xlarge", plan.DatabaseSize);
        Assert.Equal(7093.17, plan.DiskGigabytes, tolerance: 0.01);
        (string Part, double Used, double Limit)[] expected =
        [
            ("replay on a replica, one core", 0.1766, 0.5),
            ("disk of a database host", 7093.17, 56_294.4),
            ("processor of the primary", 1.3714, 32),
            ("connections to a host, by servers", 2.7896, 415),
            ("processors of the replicas", 0.161, 480),
        ];
        Assert.Equal(expected.Length, plan.Limits.Count);
        foreach (var ((part, used, limit), actual) in expected.Zip(plan.Limits))
        {
            Assert.Equal(part, actual.Part);
            Assert.Equal(used, actual.Used, tolerance: used / 1000);
            Assert.Equal(limit, actual.Limit, tolerance: limit / 1e6);
        }
    }

    /// <summary>
    /// By hand, as above: 3 servers of 0.0725; 3 hosts (primary, standby, replica) of 0.478; 3 disks of
    /// 7,093.17 GB; a balancer with 800 units; 20,000 × 1 kB × 2,628,000 s = 52,560 GB of traffic.
    /// </summary>
    [Fact]
    public void The_costs_equal_the_calculation_by_hand()
    {
        var costs = ScalePlanner.Plan(new(1e7, 20_000, Creates: 100, 20_000) { RetentionDays = 10 })
            .MonthlyCosts;

        Assert.Equal(3 * 0.0725 * 730, costs.Servers, tolerance: 0.01);
        Assert.Equal(3 * 0.478 * 730, costs.Databases, tolerance: 0.01);
        Assert.Equal(3 * 7093.17 * 0.115, costs.Disks, tolerance: 0.01);
        Assert.Equal((0.0225 + 800 * 0.008) * 730, costs.Balancers, tolerance: 0.01);
        Assert.Equal(900 + 3400 + 2560 * 0.07, costs.Traffic, tolerance: 0.01);
        Assert.Equal(
            costs.Servers + costs.Databases + costs.Disks + costs.Balancers + costs.Traffic, costs.Total);
    }

    /// <summary>By hand: 10,000 requests × 2,628,000 s at 1 dollar a million.</summary>
    [Fact]
    public void A_CDN_takes_load_from_the_servers_and_has_a_price()
    {
        var all = ScalePlanner.Plan(new(1e6, 10_000, Creates: 1, Visits: 10_000));
        var behind = ScalePlanner.Plan(new(1e6, 10_000, Creates: 1, Visits: 1000) { RetentionDays = 1 });

        Assert.Equal(("PostgreSQL", 0), (all.Storage, all.MonthlyCosts.Cdn));
        Assert.Equal("SQLite", behind.Storage);
        Assert.Equal(26_280, behind.MonthlyCosts.Cdn, tolerance: 0.01);
    }

    /// <summary>
    /// By hand: 1,000,000 visits a second take 8.8 cores of replay, and one core may be busy for a half; so
    /// 18 installations.
    /// </summary>
    [Fact]
    public void A_load_that_no_installation_carries_is_divided_among_several()
    {
        var plan = ScalePlanner.Plan(new(1e6, 1e6, Creates: 0, 1e6) { RetentionDays = 1 });

        Assert.Equal("replay on a replica, one core", plan.Limits[0].Part);
        Assert.Equal(18, plan.Installations);
    }

    [Fact]
    public void Fewer_redirects_from_memory_need_more_replicas_and_servers()
    {
        var load = new Workload(1e6, 200_000, Creates: 10, Visits: 200_000) { RetentionDays = 1 };
        var cached = ScalePlanner.Plan(load);
        var scattered = ScalePlanner.Plan(load with { CachedShare = 0.2 });

        Assert.InRange(scattered.Servers, cached.Servers + 1, int.MaxValue);
        Assert.True(scattered.Replicas > cached.Replicas || scattered.DatabaseSize != cached.DatabaseSize);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void No_part_of_a_divided_load_is_over_its_limit(double thousands)
    {
        var load = new Workload(1000 * thousands, thousands, thousands / 100, thousands);
        var plan = ScalePlanner.Plan(load);

        Assert.All(plan.Limits, limit => Assert.InRange(
            limit.Used / plan.Installations, 0, limit.Limit * (1 + 1e-9)));
    }
}
