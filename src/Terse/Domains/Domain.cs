namespace Terse.Domains;

/// <summary>
/// A domain of this installation. The map of hosts to domains only grows: a domain that was removed keeps its
/// host and its links, so no host ever goes back to the default domain, and no link is lost.
/// </summary>
/// <param name="Id">
/// The number of the row in the database; 0 if the domain comes from the settings or is not stored yet.
/// </param>
/// <param name="Name">
/// The stored name: empty for the default domain, otherwise its host in canonical spelling.
/// </param>
/// <param name="Settings">What the domain answers when no link does.</param>
internal sealed record Domain(long Id, string Name, DomainSettings Settings)
{
    /// <summary>Each change of the domain adds 1.</summary>
    public int Version { get; init; } = 1;

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// Whether every server knows the domain, so that links can be created in it. A new domain becomes active
    /// after <see cref="DomainLoader.ActivationDelay"/>, and stays active.
    /// </summary>
    public bool IsActive { get; init; }

    /// <summary>
    /// When the domain was removed, so that it takes no new links; null if it was not removed.
    /// </summary>
    public DateTimeOffset? RemovedAt { get; init; }

    public bool IsDefault => Name.Length == 0;
}

/// <summary>
/// The settings of a domain, which its administrators can change. A null means the default.
/// </summary>
internal sealed record DomainSettings
{
    public static readonly DomainSettings None = new();

    /// <summary>
    /// The host, and the port if needed, in short URLs of the default domain. Null means the host of the
    /// request. The other domains have no such setting, because their names are their hosts.
    /// </summary>
    public string? Host { get; init; }

    /// <summary>
    /// The earlier hosts of the default domain, separated by spaces. Its short URLs there still work, so no
    /// other domain can get these hosts. Null if the default domain was never renamed.
    /// </summary>
    public string? FormerHosts { get; init; }

    /// <summary>The id of the key that changed the domain last, for the audit.</summary>
    public string? ChangedBy { get; init; }

    /// <summary>
    /// The address from which the domain was changed last, if the audit keeps addresses.
    /// </summary>
    public string? ChangedFrom { get; init; }

    /// <summary>The URL to which <c>/</c> redirects; by default, <c>/</c> is a page.</summary>
    public string? HomeRedirect { get; init; }

    /// <summary>The URL to which unknown codes redirect; by default, they answer 404.</summary>
    public string? NotFoundRedirect { get; init; }

    /// <summary>
    /// The URL to which expired links without an own <c>expiredTarget</c> redirect; by default, they answer
    /// 410.
    /// </summary>
    public string? ExpiredRedirect { get; init; }

    /// <summary>The text of <c>/robots.txt</c>; by default, crawlers may follow links.</summary>
    public string? RobotsTxt { get; init; }

    /// <summary>The URL to which <c>/favicon.ico</c> redirects; by default, the icon of Terse.</summary>
    public string? Favicon { get; init; }
}
