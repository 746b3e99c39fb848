using Microsoft.AspNetCore.WebUtilities;

namespace Terse.Redirects;

internal sealed class DeviceCondition(IReadOnlyList<string> devices) : IRuleCondition
{
    public bool Holds(RuleVisitor visitor) => devices.Contains(visitor.Agent.Device, StringComparer.Ordinal);
}

internal sealed class SystemCondition(IReadOnlyList<string> systems) : IRuleCondition
{
    public bool Holds(RuleVisitor visitor) => systems.Contains(visitor.Agent.Os, StringComparer.Ordinal);
}

internal sealed class BrowserCondition(IReadOnlyList<string> browsers) : IRuleCondition
{
    public bool Holds(RuleVisitor visitor) =>
        browsers.Contains(visitor.Agent.Browser, StringComparer.Ordinal);
}

internal sealed class CountryCondition(IReadOnlyList<string> countries) : IRuleCondition
{
    public bool Holds(RuleVisitor visitor) => countries.Contains(visitor.Country, StringComparer.Ordinal);
}

/// <summary>
/// Holds if one of the languages that the visitor prefers most is one of the given languages, or a kind of
/// it: <c>pt-BR</c> is a kind of <c>pt</c> (lookup, RFC 4647, section 3.4).
/// </summary>
internal sealed class LanguageCondition(IReadOnlyList<string> languages) : IRuleCondition
{
    public bool Holds(RuleVisitor visitor) =>
        visitor.Languages.Any(preferred => languages.Any(language => IsKindOf(preferred, language)));

    private static bool IsKindOf(string preferred, string language) =>
        preferred.StartsWith(language, StringComparison.OrdinalIgnoreCase)
        && (preferred.Length == language.Length || preferred[language.Length] == '-');
}

/// <summary>
/// Holds if the query string contains one of the given parameters. Names and values are compared decoded, and
/// upper and lower case differ. A parameter without a value has the empty value.
/// </summary>
/// <param name="parameters">Each is the name of a parameter, or a name and a value: <c>a=b</c>.</param>
internal sealed class QueryCondition(IReadOnlyList<string> parameters) : IRuleCondition
{
    private readonly (string Name, string? Value)[] _parameters = [.. parameters.Select(Split)];

    public bool Holds(RuleVisitor visitor)
    {
        foreach (var sent in new QueryStringEnumerable(visitor.Query))
        {
            var (name, value) = (sent.DecodeName(), sent.DecodeValue());
            foreach (var parameter in _parameters)
            {
                if (name.Span.SequenceEqual(parameter.Name)
                    && (parameter.Value is null || value.Span.SequenceEqual(parameter.Value)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static (string Name, string? Value) Split(string parameter) =>
        parameter.Split('=', 2) is [var name, var value] ? (name, value) : (parameter, null);
}

/// <summary>Holds for a share of the visitors, which depends on nothing else.</summary>
/// <param name="begin">
/// Where the share begins on the circle of <see cref="VisitorShare.Points"/> points.
/// </param>
/// <param name="percent">The share in percent, 1 to 100.</param>
internal sealed class ShareCondition(int begin, int percent) : IRuleCondition
{
    public bool Holds(RuleVisitor visitor) =>
        (visitor.Point - begin + VisitorShare.Points) % VisitorShare.Points < percent;
}
