using System.Globalization;
using Microsoft.Extensions.Primitives;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Reads the query parameters of a request. If a parameter is invalid, the method that reads the parameter
/// returns the default value, and <see cref="Problem"/> describes the first invalid parameter.
/// </summary>
/// <param name="query">The parameters.</param>
/// <param name="refusesEmpty">Whether an empty parameter is invalid; else it counts as missing.</param>
internal sealed class QueryParameters(IQueryCollection query, bool refusesEmpty = false)
{
    public const int MaxLimit = 500;
    public const int DefaultLimit = 50;

    /// <summary>The maximum number of characters of an unknown name that the error repeats.</summary>
    private const int MaxShown = 80;

    private const string Date = "yyyy-MM-dd";

    /// <summary>The first invalid parameter; null if all parameters that were read are valid.</summary>
    public Problem? Problem { get; private set; }

    public void Reject(string name, string detail) =>
        Problem ??= Problem.Of(ProblemType.QueryInvalid, detail, name);

    public void RejectCursor() =>
        Reject("cursor", "'cursor' must be the value of 'next' of the previous page.");

    /// <summary>Rejects parameters that do not exist, so that a misspelt filter is not ignored.</summary>
    public void RejectUnknown(params ReadOnlySpan<string> known)
    {
        foreach (var name in query.Keys)
        {
            if (!known.Contains(name))
            {
                var shown = ShownText.Shorten(name, MaxShown);
                Reject(name, $"'{shown}' is not a parameter of this operation.");
            }
        }
    }

    /// <summary>Returns a parameter; null if it is missing.</summary>
    public string? Text(string name) =>
        query.TryGetValue(name, out var values) && (refusesEmpty || !StringValues.IsNullOrEmpty(values))
            ? values.ToString()
            : null;

    /// <summary>
    /// Returns the text of a time; null if it is missing. In a query string, an unencoded plus sign means a
    /// space, so the offset "+01:00" arrives as " 01:00" if the client does not encode it as %2B.
    /// </summary>
    public string? TimeText(string name) => Text(name)?.Replace(' ', '+');

    /// <summary>
    /// Reads an instant with an offset from UTC, or a date, which begins at midnight of UTC.
    /// </summary>
    public DateTimeOffset? ReadTime(string name)
    {
        if (TimeText(name) is not { } text)
            return null;
        var isTime = InstantText.TryParse(text, out var time)
            || DateTimeOffset.TryParseExact(
                text, Date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
        if (isTime && time.UtcDateTime.Year is >= 1970 and < 9999)
            return time;
        Reject(name, $"'{name}' must be a date in UTC such as 2026-11-22, or {InstantText.Expected}.");
        return null;
    }

    /// <summary>Returns the values of a parameter that can be repeated, without empty ones.</summary>
    public IReadOnlyList<string> Texts(string name) =>
        [.. query[name].OfType<string>().Where(text => text.Length > 0)];

    public bool ReadFlag(string name)
    {
        if (Text(name) is not { } text)
            return false;
        if (!bool.TryParse(text, out var flag))
            Reject(name, $"'{name}' must be 'true' or 'false'.");
        return flag;
    }

    /// <summary>Reads how many entries a page may have.</summary>
    public int ReadLimit(int max = MaxLimit, int defaultLimit = DefaultLimit)
    {
        if (Text("limit") is not { } text)
            return defaultLimit;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit >= 1 && limit <= max)
        {
            return limit;
        }

        Reject("limit", $"'limit' must be a number from 1 to {max:N0}.");
        return defaultLimit;
    }

    /// <summary>Reads one of the named values.</summary>
    /// <param name="name">The name of the parameter.</param>
    /// <param name="choices">The values that are allowed.</param>
    /// <param name="byDefault">The result if the parameter is missing.</param>
    public T ReadChoice<T>(string name, IReadOnlyList<(string Name, T Value)> choices, T byDefault)
    {
        if (Text(name) is not { } text)
            return byDefault;
        foreach (var (choice, value) in choices)
        {
            if (choice == text)
                return value;
        }

        Reject(name, $"'{name}' must be one of {string.Join(", ", choices.Select(choice => choice.Name))}.");
        return byDefault;
    }

    /// <summary>Reads the cursor of a list that is ordered by the numbers of its rows.</summary>
    public long? ReadNumberCursor()
    {
        if (Text("cursor") is not { } text)
            return null;
        if (TryParseNumber(text, out var number))
            return number;
        RejectCursor();
        return null;
    }

    /// <summary>Reads a number that is not negative, without a sign or spaces.</summary>
    public static bool TryParseNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
