using Terse.Links;

namespace Terse.Redirects;

/// <summary>Holds in a period, from its beginning (inclusive) until its end (exclusive).</summary>
internal sealed class PeriodCondition(DateTime? from, DateTime? until) : IRuleCondition
{
    public bool Holds(RuleVisitor visitor) =>
        !(visitor.Now.UtcDateTime < from) && !(visitor.Now.UtcDateTime >= until);
}

/// <summary>Holds on the given weekdays of a time zone.</summary>
internal sealed class DaysCondition(IReadOnlyList<string> days, string? zone) : IRuleCondition
{
    private readonly LocalClock _clock = new(zone);
    private readonly DayOfWeek[] _days =
        [.. days.Select(day => (DayOfWeek)Array.IndexOf(RuleConditionReader.Days, day))];

    public bool Holds(RuleVisitor visitor) =>
        _clock.At(visitor.Now) is { } local && _days.Contains(local.DayOfWeek);
}

/// <summary>Holds at the given times of the day of a time zone.</summary>
internal sealed class HoursCondition(IReadOnlyList<string> hours, string? zone) : IRuleCondition
{
    private readonly LocalClock _clock = new(zone);
    private readonly HourRange[] _ranges =
        [.. hours.Select(text => HourRange.TryParse(text, out var range) ? range : default)];

    public bool Holds(RuleVisitor visitor)
    {
        if (_clock.At(visitor.Now) is not { } local)
            return false;
        var minute = (local.Hour * 60) + local.Minute;
        return Array.Exists(_ranges, range => range.Contains(minute));
    }
}

/// <summary>Converts instants to the local time of a time zone.</summary>
/// <param name="zone">The IANA name of the time zone; null for UTC.</param>
internal sealed class LocalClock(string? zone)
{
    private readonly TimeZoneInfo? _zone = zone is null ? TimeZoneInfo.Utc
        : TimeZones.TryFind(zone, out var found) ? found
        : null;

    /// <returns>
    /// Null if this machine does not know the time zone. A rule with such a time zone never matches.
    /// </returns>
    public DateTime? At(DateTimeOffset instant) =>
        _zone is null ? null : TimeZoneInfo.ConvertTime(instant, _zone).DateTime;
}
