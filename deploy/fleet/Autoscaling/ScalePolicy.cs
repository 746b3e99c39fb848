namespace Terse.FleetTool;

/// <summary>How many servers a load needs: target tracking with cool-down.</summary>
/// <param name="Min">The least number of servers.</param>
/// <param name="Max">The greatest number of servers.</param>
/// <param name="Cpu">How busy a server should be, in percent of one processor.</param>
/// <param name="CoolDown">
/// How long to wait after a change before servers are added, and how long fewer servers must suffice before
/// one is removed. Too short: the number follows every short change of the load. Too long: servers stay idle.
/// </param>
internal sealed record ScalePolicy(int Min, int Max, double Cpu, TimeSpan CoolDown)
{
    /// <summary>A server that is busier or less busy by this share is as busy as it should be.</summary>
    private const double Tolerance = 0.1;

    /// <summary>
    /// Returns the policy with at least one server in each zone, because servers alternate between zones.
    /// </summary>
    /// <exception cref="FleetException">The greatest number is less than that.</exception>
    public ScalePolicy WithZones(int zones)
    {
        var min = Math.Max(Min, zones);
        return min <= Max
            ? this with { Min = min }
            : throw new FleetException($"--max is {Max}; it must be at least {min}, one server for each zone "
                + "and not less than --min.");
    }

    /// <summary>Decides the number of servers.</summary>
    /// <param name="history">What the policy knew before.</param>
    /// <param name="now">The time since an arbitrary start.</param>
    /// <param name="servers">The present number of servers.</param>
    /// <param name="cpu">How busy the servers are, on average, in percent of one processor.</param>
    public ScaleDecision Decide(ScaleHistory history, TimeSpan now, int servers, double cpu)
    {
        var needed = Math.Clamp(NeededFor(servers, cpu), Min, Max);
        if (needed >= servers)
            history = history with { FewerSince = null };
        else
            history = history with { FewerSince = history.FewerSince ?? now };

        if (servers < Min)
            return new(Min, ScaleHistory.ChangedAt(now));
        if (needed > servers && now - history.Changed >= CoolDown)
            return new(needed, ScaleHistory.ChangedAt(now));
        // One at a time: the next one is removed only after this one has changed how busy the others are.
        if (history.FewerSince is { } since && now - since >= CoolDown && now - history.Changed >= CoolDown)
            return new(servers - 1, ScaleHistory.ChangedAt(now));
        return new(servers, history);
    }

    private int NeededFor(int servers, double cpu)
    {
        var share = cpu / Cpu;
        var needed = (int)Math.Ceiling(servers * share);
        return share > 1 + Tolerance ? needed
            : share > 1 ? servers
            // With one server fewer, the others must not be too busy at once.
            : servers * share < (servers - 1) * (1 - Tolerance) ? servers - 1
            : servers;
    }
}

/// <summary>What a policy remembers.</summary>
/// <param name="Changed">When the number of servers changed last.</param>
/// <param name="FewerSince">Since when fewer servers suffice; null if the present number is needed.</param>
internal sealed record ScaleHistory(TimeSpan Changed, TimeSpan? FewerSince)
{
    /// <summary>A change is allowed at once.</summary>
    public static ScaleHistory Start { get; } = new(TimeSpan.MinValue / 2, FewerSince: null);

    public static ScaleHistory ChangedAt(TimeSpan now) => new(now, FewerSince: null);
}

/// <summary>The number of servers, and what the policy remembers for the next decision.</summary>
internal sealed record ScaleDecision(int Servers, ScaleHistory History);
