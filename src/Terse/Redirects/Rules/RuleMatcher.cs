using Terse.Visits;

namespace Terse.Redirects;

/// <summary>Finds the rule of a link that a request takes. Safe for use by any number of threads.</summary>
internal sealed class RuleMatcher(CountrySource countries, VisitorSalts salts)
{
    /// <returns>
    /// Null if no rule matches, or if the link has no rules: the target of the link is then the right one.
    /// </returns>
    public CompiledRule? Match(CachedLink link, HttpRequest request, DateTimeOffset now) =>
        link.Conditional?.Rules?.Match(new RuleVisitor(request, link.Id, now, countries, salts));
}
