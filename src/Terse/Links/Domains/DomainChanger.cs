using Terse.Access;
using Terse.Domains;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>Adds, changes and removes domains.</summary>
internal sealed class DomainChanger(
    IDomainStore store, DomainLoader loader, DomainMap map, DomainChecker checker, TimeProvider time)
{
    /// <summary>
    /// The maximum number of attempts to store one change. An attempt fails if a different change of the same
    /// domain is stored first.
    /// </summary>
    private const int MaxTries = 20;

    /// <param name="fields">The body of the request.</param>
    /// <param name="from">Who sent the request, and to which host.</param>
    /// <param name="cancellationToken">Cancels the wait; the domain may still be added.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether the domain was added.</exception>
    public async Task<ChangeDomainResult> AddAsync(
        DomainFields fields, RequestInfo from, CancellationToken cancellationToken)
    {
        if (DomainChecker.ReadName(fields.Name, out var authority) is { } invalid)
            return new ChangeDomainResult.Refused(invalid);
        if (checker.Check(fields, authority, from.Origin.Host, from.ServerAddress) is { } refusal)
            return new ChangeDomainResult.Refused(refusal);
        await loader.ReadAsync(cancellationToken);
        if (map.Table.DefaultHost is null)
            return new ChangeDomainResult.DefaultUnnamed();

        var name = authority!.ToString();
        var domain = new Domain(
            0, name, Stamp(DomainChecker.Edit(DomainSettings.None, fields), from.Actor))
        {
            CreatedAt = Now,
            IsActive = !store.IsShared,
        };
        var result = await store.AddAsync(domain, cancellationToken);
        await loader.ReadAsync(cancellationToken);
        return result switch
        {
            AddDomainResult.NameTaken => new ChangeDomainResult.NameTaken($"'{name}' is a domain already."),
            AddDomainResult.HostOfDefault => new ChangeDomainResult.NameTaken(
                $"'{name}' is or was the host of the default domain, and its short URLs there still work."),
            AddDomainResult.TooMany => new ChangeDomainResult.Refused(Refusal.OfField(
                "name", $"The database has {IDomainStore.MaxDomains} domains, and cannot have more.")),
            _ => new ChangeDomainResult.Changed(map.Table.Get(name) ?? domain),
        };
    }

    /// <param name="name">The name of the domain, as the client sent it.</param>
    /// <param name="fields">The body of the request.</param>
    /// <param name="versions">The versions that may be changed; null for any version.</param>
    /// <param name="from">Who sent the request, and to which host.</param>
    /// <param name="cancellationToken">Cancels the wait; the change may still be stored.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether the change was stored.</exception>
    public async Task<ChangeDomainResult> ChangeAsync(
        string name,
        DomainFields fields,
        IReadOnlyList<int>? versions,
        RequestInfo from,
        CancellationToken cancellationToken)
    {
        Authority? newHost = null;
        if (fields.Name is not null && DomainChecker.ReadName(fields.Name, out newHost) is { } invalid)
            return new ChangeDomainResult.Refused(invalid);
        if (checker.Check(fields, newHost, from.Origin.Host, from.ServerAddress) is { } refusal)
            return new ChangeDomainResult.Refused(refusal);
        return await ApplyAsync(name, versions, Change, from.Actor, cancellationToken);

        ChangeDomainResult? Change(Domain domain, out Domain changed)
        {
            changed = domain with { Settings = DomainChecker.Edit(domain.Settings, fields) };
            if (!fields.Has(nameof(fields.Name)))
                return null;
            if (domain.IsDefault)
            {
                changed = changed with { Settings = Rename(changed.Settings, newHost?.ToString()) };
                return newHost is not null && map.Table.Find(newHost) is { IsDefault: false }
                    ? new ChangeDomainResult.NameTaken($"'{newHost}' is the name of another domain.")
                    : null;
            }

            return newHost?.ToString() == domain.Name ? null : new ChangeDomainResult.Refused(
                Refusal.OfField(
                    "name", "Only the default domain can be renamed; add a domain with the new name."));
        }
    }

    /// <summary>
    /// Removes a domain: it takes no new links. Its links work as before, so that no short URL breaks.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// It is unknown whether the domain was removed.
    /// </exception>
    public Task<ChangeDomainResult> RemoveAsync(
        string name, IReadOnlyList<int>? versions, RequestInfo from, CancellationToken cancellationToken)
    {
        return ApplyAsync(name, versions, Remove, from.Actor, cancellationToken);

        ChangeDomainResult? Remove(Domain domain, out Domain changed)
        {
            changed = domain with { RemovedAt = Now };
            return domain.IsDefault
                ? new ChangeDomainResult.Refused(
                    Refusal.OfField("name", "The default domain cannot be removed."))
                : null;
        }
    }

    private DateTimeOffset Now => time.GetUtcMilliseconds();

    /// <summary>Notes who changes the domain, for the audit.</summary>
    private static DomainSettings Stamp(DomainSettings settings, Actor actor) =>
        settings with { ChangedBy = actor.KeyId, ChangedFrom = actor.Address };

    /// <summary>Gives the default domain a new host, and remembers the present one.</summary>
    private static DomainSettings Rename(DomainSettings settings, string? host)
    {
        var former = settings.FormerHosts?.Split(' ') ?? [];
        if (settings.Host is { } present && present != host)
            former = [.. former, present];
        var kept = former.Where(name => name != host).Distinct(StringComparer.Ordinal).ToList();
        return settings with
        {
            Host = host,
            FormerHosts = kept.Count == 0 ? null : string.Join(' ', kept),
        };
    }

    private delegate ChangeDomainResult? Edit(Domain domain, out Domain changed);

    private async Task<ChangeDomainResult> ApplyAsync(
        string name,
        IReadOnlyList<int>? versions,
        Edit edit,
        Actor actor,
        CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            await loader.ReadAsync(cancellationToken);
            if (Find(name) is not { RemovedAt: null } domain)
                return new ChangeDomainResult.NotFound();
            if (versions?.Contains(domain.Version) == false)
                return new ChangeDomainResult.OtherVersion();
            if (edit(domain, out var changed) is { } refused)
                return refused;
            if (changed == domain)
                return new ChangeDomainResult.Changed(domain);
            changed = changed with
            {
                Version = domain.Version + 1,
                Settings = Stamp(changed.Settings, actor),
            };
            if (await store.ReplaceAsync(changed, cancellationToken))
            {
                await loader.ReadAsync(cancellationToken);
                return new ChangeDomainResult.Changed(changed);
            }
        }

        throw new StoreUnavailableException("Too many requests change this domain; retry shortly.");
    }

    /// <summary>Finds the domain that a request names; null if there is none.</summary>
    public Domain? Find(string name) =>
        name == DomainName.DefaultSegment ? map.Table.Default
        : name.Contains('@', StringComparison.Ordinal) || !Authority.TryParse(name, out var host) ? null
        : host == map.Table.DefaultHost ? map.Table.Default
        : map.Table.Get(host.ToString());
}
