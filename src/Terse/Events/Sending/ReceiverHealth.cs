namespace Terse.Events;

/// <summary>
/// Decides what a request shows about the receiver of a webhook. A receiver that keeps failing gets one
/// request at a time, at growing intervals, and is given up at the end.
/// </summary>
internal static class ReceiverHealth
{
    /// <summary>After how many failed requests in a row a receiver is slowed down.</summary>
    public const int MaxFailures = 10;

    private static readonly TimeSpan MinSlowing = TimeSpan.FromSeconds(1);

    /// <summary>The longest time between two requests to a receiver that keeps failing.</summary>
    public static readonly TimeSpan MaxSlowing = TimeSpan.FromMinutes(5);

    /// <summary>Whether a receiver gets only one request at a time.</summary>
    public static bool IsFailing(this WebhookHealth health) => health.Failures >= MaxFailures;

    /// <summary>
    /// Whether a receiver gets no request now. A time that is too far away was set before the clock stepped
    /// back, and does not count.
    /// </summary>
    public static bool IsSlowedAt(this WebhookHealth health, DateTimeOffset now) =>
        health.SlowedUntil > now && health.SlowedUntil <= now + MaxSlowing;

    /// <summary>Returns the health after a request.</summary>
    /// <remarks>
    /// Requests that were already under way when the receiver was slowed down do not count. Otherwise, ten
    /// requests that fail together would slow the receiver down as much as ten probes.
    /// </remarks>
    public static WebhookHealth After(this WebhookHealth before, bool hasSucceeded, DateTimeOffset now)
    {
        if (hasSucceeded)
            return WebhookHealth.Good;
        if (before.IsSlowedAt(now))
            return before;
        var failures = before.Failures + 1;
        return new(
            failures,
            before.FailingSince ?? now,
            failures < MaxFailures ? null : now + SlowingAfter(failures - MaxFailures));
    }

    /// <summary>Returns why a webhook is to be paused; null if it goes on.</summary>
    /// <param name="health">The health after the last request.</param>
    /// <param name="now">The time of the last request.</param>
    /// <param name="pauseAfter"><see cref="WebhookOptions.PauseAfter"/>.</param>
    public static string? FindPauseReason(
        this WebhookHealth health, DateTimeOffset now, TimeSpan pauseAfter) =>
        health.IsFailing() && health.FailingSince is { } since && now - since >= pauseAfter
            ? $"All requests have failed since {since.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}."
            : null;

    private static TimeSpan SlowingAfter(int probes)
    {
        var slowing = MinSlowing * Math.Pow(2, Math.Min(probes, 10));
        return slowing < MaxSlowing ? slowing : MaxSlowing;
    }
}
