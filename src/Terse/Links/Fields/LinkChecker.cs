using System.Globalization;
using Microsoft.Extensions.Options;
using Terse.Codes;

namespace Terse.Links;

/// <summary>
/// Checks the fields that a request sets for a link, at its creation or in a change. The fields are
/// independent of each other, except those that <see cref="CheckWhole"/> checks.
/// </summary>
internal sealed class LinkChecker(
    TargetRules targets,
    RuleReader rules,
    IOptions<TitleOptions> titles,
    IOptions<CodeOptions> codes,
    TimeProvider time)
{
    /// <summary>The highest visit limit that a request may set.</summary>
    public const long MaxVisitLimit = 1_000_000_000_000;

    /// <param name="fields">The body of the request.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="address">The IP address, with its port, at which the server received the request.</param>
    /// <param name="edit">
    /// Sets the fields of the request on a link, except the password, which <see cref="PasswordField"/> sets.
    /// Use it only without a refusal.
    /// </param>
    /// <returns>Why the fields are refused; null if they are valid.</returns>
    public Refusal? Check(LinkFields fields, string host, string address, out Func<Link, Link> edit)
    {
        DateTimeOffset? expiresAt = null, expiresAfter = null, validFrom = null;
        var forwardQuery = QueryForwarding.Off;
        IReadOnlyList<LinkRule>? readRules = null;
        var refusal = CheckTarget(fields, host, address)
            ?? CheckTitle(fields.Title)
            ?? LinkTexts.CheckNote(fields.Note)
            ?? LinkTexts.CheckTags(fields.Tags)
            ?? LinkTimes.ReadInstant("validFrom", fields.ValidFrom, out validFrom)
            ?? LinkTimes.ReadInstant("expiresAt", fields.ExpiresAt, out expiresAt)
            ?? LinkTimes.ReadDuration(fields.ExpiresIn, time.GetUtcNow(), out expiresAfter)
            ?? CheckOneExpiry(expiresAt, expiresAfter)
            ?? CheckExpiredTarget(fields.ExpiredTarget, host, address)
            ?? CheckLimit(fields.MaxVisits)
            ?? CheckStatus(fields.RedirectStatus)
            ?? ReadForwarding(fields.ForwardQuery, out forwardQuery)
            ?? rules.Read(fields.Rules, host, address, out readRules)
            ?? LinkPassword.Check(fields.Password);
        edit = link =>
        {
            var settings = Edit(link.Settings, fields, validFrom, forwardQuery);
            if (fields.Has(nameof(fields.Rules)))
                settings = settings with { Rules = readRules };
            return link with
            {
                Target = fields.Has(nameof(fields.Target)) ? fields.Target! : link.Target,
                MaxVisits = fields.Has(nameof(fields.MaxVisits)) ? fields.MaxVisits : link.MaxVisits,
                ExpiresAt = expiresAfter
                    ?? (fields.Has(nameof(fields.ExpiresAt)) ? expiresAt : link.ExpiresAt),
                // StoredSettings.Write recognizes this instance without serializing it.
                Settings = settings == LinkSettings.None ? LinkSettings.None : settings,
            };
        };
        return refusal;
    }

    /// <summary>Checks a custom code.</summary>
    /// <returns>Why the code is refused; null if it is valid.</returns>
    public Refusal? CheckCode(string code, bool? allowMixedScripts) =>
        CustomCode.Check(code, allowMixedScripts == true, codes.Value.AllowSlash);

    /// <summary>Checks the fields of a whole link that depend on each other.</summary>
    /// <returns>Why the link is refused; null if it is valid.</returns>
    public static Refusal? CheckWhole(Link link) =>
        link.Settings.ForwardPath && link.FollowedTargets.Any(target => Target.AuthorityOf(target) is null)
            ? Refusal.OfField(
                "forwardPath",
                "A path can be forwarded only to targets with a host, those of the rules included.")
        : link.Settings.ValidFrom is { } from && from >= link.ExpiresAt
            ? Refusal.OfField(
                "validFrom",
                "'validFrom' must be before the expiry; send an earlier 'validFrom' or a later expiry.")
            : null;

    private static LinkSettings Edit(
        LinkSettings settings, LinkFields fields, DateTimeOffset? validFrom, QueryForwarding forwardQuery)
    {
        return settings with
        {
            // The title of the target is read later; see TitleRequests.
            Title = fields.Title == LinkTexts.AutoTitle
                ? settings.Title
                : Pick(nameof(fields.Title), OrNull(fields.Title), settings.Title),
            Note = Pick(nameof(fields.Note), OrNull(fields.Note), settings.Note),
            Tags = Pick(nameof(fields.Tags), fields.Tags is { Count: > 0 } tags ? tags : null, settings.Tags),
            IsDisabled = Pick(nameof(fields.Enabled), fields.Enabled == false, settings.IsDisabled),
            ValidFrom = Pick(nameof(fields.ValidFrom), validFrom, settings.ValidFrom),
            ExpiredTarget = Pick(
                nameof(fields.ExpiredTarget), OrNull(fields.ExpiredTarget), settings.ExpiredTarget),
            RedirectStatus = Pick(
                nameof(fields.RedirectStatus),
                fields.RedirectStatus is StatusCodes.Status302Found ? null : fields.RedirectStatus,
                settings.RedirectStatus),
            ForwardQuery = Pick(nameof(fields.ForwardQuery), forwardQuery, settings.ForwardQuery),
            ForwardPath = Pick(nameof(fields.ForwardPath), fields.ForwardPath == true, settings.ForwardPath),
            VisitEvents = Pick(nameof(fields.VisitEvents), fields.VisitEvents == true, settings.VisitEvents),
        };

        T Pick<T>(string field, T sent, T present) => fields.Has(field) ? sent : present;
    }

    private Refusal? CheckTarget(LinkFields fields, string host, string address)
    {
        if (!fields.Has(nameof(fields.Target)))
            return null;
        targets.TryRead(fields.Target, host, address, out _, out var refusal);
        return refusal;
    }

    private Refusal? CheckExpiredTarget(string? target, string host, string address)
    {
        if (string.IsNullOrEmpty(target) || targets.TryRead(target, host, address, out _, out var refusal))
            return null;
        return refusal with { Field = "expiredTarget" };
    }

    private Refusal? CheckTitle(string? title) =>
        title == LinkTexts.AutoTitle && !titles.Value.Fetch
            ? Refusal.OfField(
                "title", "This server does not read titles from targets; send the title, or leave it out.")
            : LinkTexts.CheckTitle(title);

    private static Refusal? CheckOneExpiry(DateTimeOffset? expiresAt, DateTimeOffset? expiresAfter) =>
        expiresAt is null || expiresAfter is null
            ? null
            : new(
                RefusalKind.ExpiryInvalid, "expiresIn", "Send either 'expiresAt' or 'expiresIn', not both.");

    private static Refusal? CheckLimit(long? maxVisits) => maxVisits is < 1 or > MaxVisitLimit
        ? new(
            RefusalKind.MaxVisitsInvalid,
            "maxVisits",
            string.Create(
                CultureInfo.InvariantCulture,
                $"'maxVisits' must be 1 to {MaxVisitLimit}; {maxVisits} was sent."))
        : null;

    private static Refusal? CheckStatus(int? status) => status is null or 301 or 302 or 307 or 308
        ? null
        : Refusal.OfField(
            "redirectStatus",
            string.Create(
                CultureInfo.InvariantCulture,
                $"'redirectStatus' must be 301, 302, 307 or 308; {status} was sent."));

    private static Refusal? ReadForwarding(string? text, out QueryForwarding forwarding)
    {
        forwarding = text switch
        {
            "append" => QueryForwarding.Append,
            "merge" => QueryForwarding.Merge,
            _ => QueryForwarding.Off,
        };
        return text is null or "" or "off" || forwarding != QueryForwarding.Off
            ? null
            : Refusal.OfField(
                "forwardQuery",
                $"'forwardQuery' must be 'off', 'append' or 'merge'; '{Refusal.Shorten(text)}' was sent.");
    }

    private static string? OrNull(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
