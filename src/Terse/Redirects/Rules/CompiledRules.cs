using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// The rules of a link in the form in which redirects match them: names, times and time zones are parsed, and
/// the targets are converted to ASCII. Only the cached copy of a link with rules has such an object.
/// </summary>
internal sealed class CompiledRules
{
    /// <summary>The bytes that a rule needs in addition to its strings; an estimate.</summary>
    private const int RuleBytes = 512;

    private readonly CompiledRule[] _rules;

    private CompiledRules(CompiledRule[] rules)
    {
        _rules = rules;
        Bytes = rules.Sum(rule => RuleBytes + (2 * (rule.Target.Length + rule.Location.Length)));
    }

    /// <summary>The memory that the rules need, in bytes.</summary>
    public int Bytes { get; }

    /// <summary>The <c>Location</c> headers of all rules.</summary>
    public IEnumerable<string> Locations => _rules.Select(rule => rule.Location);

    /// <returns>Null for a link without rules.</returns>
    public static CompiledRules? Of(Link link)
    {
        if (link.Settings.Rules is not { } rules)
            return null;
        var compiled = new List<CompiledRule>();
        var shares = 0;
        foreach (var rule in rules)
        {
            compiled.Add(new(
                rule.Name,
                rule.Target,
                TargetAscii.Of(rule.Target),
                [.. ConditionsOf(rule.If, shares)]));
            shares = (shares + (rule.If.Percent ?? 0)) % VisitorShare.Points;
        }

        return new([.. compiled]);
    }

    /// <summary>Returns the first rule whose conditions all hold; null if there is none.</summary>
    public CompiledRule? Match(RuleVisitor visitor)
    {
        foreach (var rule in _rules)
        {
            if (Array.TrueForAll(rule.Conditions, condition => condition.Holds(visitor)))
                return rule;
        }

        return null;
    }

    /// <param name="condition">The stored conditions of a rule.</param>
    /// <param name="shares">
    /// The sum of the shares of the rules before this rule. The share of this rule begins where theirs end,
    /// so that two rules with 30 % each lead 60 % of the visitors away from the link's target.
    /// </param>
    private static IEnumerable<IRuleCondition> ConditionsOf(RuleCondition condition, int shares)
    {
        if (condition.From is not null || condition.Until is not null)
            yield return new PeriodCondition(condition.From, condition.Until);
        if (condition.Days is { } days)
            yield return new DaysCondition(days, condition.Zone);
        if (condition.Hours is { } hours)
            yield return new HoursCondition(hours, condition.Zone);
        if (condition.Query is { } query)
            yield return new QueryCondition(query);
        if (condition.Language is { } languages)
            yield return new LanguageCondition(languages);
        if (condition.Device is { } devices)
            yield return new DeviceCondition(devices);
        if (condition.Os is { } systems)
            yield return new SystemCondition(systems);
        if (condition.Browser is { } browsers)
            yield return new BrowserCondition(browsers);
        if (condition.Country is { } countries)
            yield return new CountryCondition(countries);
        if (condition.Percent is { } percent)
            yield return new ShareCondition(shares, percent);
    }
}

/// <param name="Name">The name, under which the visit is counted.</param>
/// <param name="Target">The target as stored.</param>
/// <param name="Location">The <c>Location</c> header: the target converted to ASCII.</param>
/// <param name="Conditions">The conditions, which all have to hold, the cheapest first.</param>
internal sealed record CompiledRule(
    string Name, string Target, string Location, IRuleCondition[] Conditions);

/// <summary>A condition of a rule.</summary>
internal interface IRuleCondition
{
    bool Holds(RuleVisitor visitor);
}
