namespace Terse.Domains;

/// <summary>Stores the domains of an installation.</summary>
internal interface IDomainStore
{
    /// <summary>The maximum number of domains. Every server keeps all domains in memory.</summary>
    const int MaxDomains = 1_000;

    /// <summary>Decides whether a domain can be added to the stored ones.</summary>
    static AddDomainResult WhetherAdded(Domain added, IReadOnlyList<Domain> stored) =>
        stored.Any(domain => domain.Name == added.Name && domain.RemovedAt is null)
            ? AddDomainResult.NameTaken
        : stored.Any(domain => domain.Name == added.Name) ? AddDomainResult.Added
        : Authority.TryParse(added.Name, out var host) && new DomainTable(stored).IsOfDefault(host)
            ? AddDomainResult.HostOfDefault
        : stored.Count >= MaxDomains ? AddDomainResult.TooMany
        : AddDomainResult.Added;

    /// <summary>
    /// Whether other servers use the same database, so that a new domain must wait until they know it.
    /// </summary>
    bool IsShared { get; }

    /// <summary>Reads all domains.</summary>
    /// <param name="known">
    /// The revision that the caller has; the result has no domains if it is still the present one.
    /// </param>
    /// <param name="isLatest">
    /// True to read from the primary; false to read from any host, which may lack the newest domains.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be read.</exception>
    Task<StoredDomains> ReadAsync(Guid? known, bool isLatest, CancellationToken cancellationToken);

    /// <summary>Stores the first domains of a new database. Does nothing if it has domains.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be written.</exception>
    Task SeedAsync(IReadOnlyList<Domain> domains, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a domain. A removed domain of the same name gets the new settings, and takes links again.
    /// </summary>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// It is unknown whether the domain was added.
    /// </exception>
    Task<AddDomainResult> AddAsync(Domain domain, CancellationToken cancellationToken);

    /// <summary>Stores a changed domain if the stored one has the version before.</summary>
    /// <returns>
    /// False if another change was stored first: the domain has another version, or another domain has the
    /// new host of the default domain.
    /// </returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// It is unknown whether the change was stored.
    /// </exception>
    Task<bool> ReplaceAsync(Domain changed, CancellationToken cancellationToken);

    /// <summary>Lets a domain take links. Does nothing if it takes links already.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be written.</exception>
    Task ActivateAsync(long id, CancellationToken cancellationToken);
}

/// <param name="Revision">
/// Identifies the contents of the table; null if no domain was ever stored.
/// </param>
/// <param name="Domains">The domains; null if the caller has this revision already.</param>
internal sealed record StoredDomains(Guid? Revision, IReadOnlyList<Domain>? Domains);

internal enum AddDomainResult
{
    Added,
    NameTaken,

    /// <summary>The default domain has or had this host.</summary>
    HostOfDefault,

    TooMany,
}
