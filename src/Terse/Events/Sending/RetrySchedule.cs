namespace Terse.Events;

/// <summary>
/// When a failed delivery is tried again: the schedule of the Standard Webhooks specification
/// ("Deliverability and reliability").
/// </summary>
internal static class RetrySchedule
{
    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(5),
        TimeSpan.FromHours(10),
        TimeSpan.FromHours(14),
        TimeSpan.FromHours(20),
        TimeSpan.FromHours(24),
    ];

    /// <summary>The longest time for which a receiver may postpone the next attempt.</summary>
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);

    /// <summary>
    /// The maximum jitter, as a share of the delay: attempts that failed together are not repeated together.
    /// </summary>
    private const double Jitter = 0.1;

    /// <summary>Returns the time until the next attempt; null if the delivery is dead.</summary>
    /// <param name="attempts">The number of attempts that have failed, 1 or more.</param>
    /// <param name="retryAfter">
    /// How long the receiver wants to have no request; null if it does not say.
    /// </param>
    /// <param name="random">A random number from 0 up to 1.</param>
    public static TimeSpan? DelayAfter(int attempts, TimeSpan? retryAfter, double random)
    {
        if (attempts > Delays.Length)
            return null;
        var asked = retryAfter > MaxRetryAfter ? MaxRetryAfter : retryAfter ?? TimeSpan.Zero;
        var delay = asked > Delays[attempts - 1] ? asked : Delays[attempts - 1];
        return delay * (1 + (Jitter * random));
    }
}
