using System.Globalization;
using System.Text;
using Terse.Domains;

namespace Terse.Links;

/// <summary>Checks the name and the settings that a request sets for a domain.</summary>
internal sealed class DomainChecker(TargetRules targets)
{
    /// <summary>The maximum size of <c>robots.txt</c> in UTF-8.</summary>
    private const int MaxRobotsBytes = 8 * 1024;

    /// <summary>Reads the name of a domain.</summary>
    /// <param name="text">The name as the client sent it.</param>
    /// <param name="host">The host and port in canonical spelling.</param>
    /// <returns>Why the name is refused; null if it is valid.</returns>
    public static Refusal? ReadName(string? text, out Authority? host) =>
        DomainName.TryParse(text, out host, out var reason)
            ? null
            : Refusal.OfField("name", $"'name' {reason}; '{Refusal.Shorten(text)}' was sent.");

    /// <summary>Checks the fields that are settings.</summary>
    /// <param name="fields">The body of the request.</param>
    /// <param name="newHost">
    /// The new host of the domain, to which no redirect may lead; null if its host does not change.
    /// </param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="address">The IP address, with its port, at which the server received the request.</param>
    /// <returns>Why a field is refused; null if all are valid.</returns>
    public Refusal? Check(DomainFields fields, Authority? newHost, string host, string address)
    {
        return CheckUrl("homeRedirect", fields.HomeRedirect)
            ?? CheckUrl("notFoundRedirect", fields.NotFoundRedirect)
            ?? CheckUrl("expiredRedirect", fields.ExpiredRedirect)
            ?? CheckUrl("favicon", fields.Favicon)
            ?? CheckRobots(fields.RobotsTxt);

        Refusal? CheckUrl(string field, string? url)
        {
            if (url is null)
                return null;
            if (targets.TryRead(url, host, address, out _, out var refusal)
                && targets.TryRead(url, newHost?.ToString() ?? host, address, out _, out refusal))
            {
                return null;
            }

            return refusal with { Field = field };
        }
    }

    /// <summary>Sets the checked fields that the request contains.</summary>
    public static DomainSettings Edit(DomainSettings settings, DomainFields fields)
    {
        return settings with
        {
            HomeRedirect = Pick(nameof(fields.HomeRedirect), fields.HomeRedirect, settings.HomeRedirect),
            NotFoundRedirect = Pick(
                nameof(fields.NotFoundRedirect), fields.NotFoundRedirect, settings.NotFoundRedirect),
            ExpiredRedirect = Pick(
                nameof(fields.ExpiredRedirect), fields.ExpiredRedirect, settings.ExpiredRedirect),
            RobotsTxt = Pick(nameof(fields.RobotsTxt), fields.RobotsTxt, settings.RobotsTxt),
            Favicon = Pick(nameof(fields.Favicon), fields.Favicon, settings.Favicon),
        };

        string? Pick(string field, string? sent, string? present) => fields.Has(field) ? sent : present;
    }

    private static Refusal? CheckRobots(string? text)
    {
        if (text is null)
            return null;
        if (Encoding.UTF8.GetByteCount(text) > MaxRobotsBytes)
        {
            return Refusal.OfField(
                "robotsTxt",
                string.Create(
                    CultureInfo.InvariantCulture, $"'robotsTxt' must have at most {MaxRobotsBytes} bytes."));
        }

        return text.Any(character => char.IsControl(character) && character is not ('\n' or '\r' or '\t'))
            ? Refusal.OfField("robotsTxt", "'robotsTxt' must have no control characters except line breaks.")
            : null;
    }
}
