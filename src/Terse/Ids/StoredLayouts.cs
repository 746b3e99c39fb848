using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// The id layouts that a database stores, and the check value of the secret that encrypts codes.
/// </summary>
/// <param name="Layouts">All layouts with which ids were ever minted, the oldest layout first.</param>
/// <param name="SecretCheck">
/// The check value of the secret; null if the database has no encrypted (opaque) codes.
/// </param>
internal sealed record StoredLayouts(IReadOnlyList<IdLayout> Layouts, string? SecretCheck)
{
    public static readonly StoredLayouts Empty = new([], SecretCheck: null);

    /// <summary>
    /// A hash of the layouts and of the check value, by which a store that reads from several hosts compares
    /// their layouts; 0 in other stores.
    /// </summary>
    public long Fingerprint { get; init; }

    /// <summary>The layout with which servers mint new ids.</summary>
    public IdLayout Current => Layouts[^1];

    /// <summary>
    /// Returns the layouts that match the settings: the stored layouts, plus a new layout if the settings
    /// differ from the current layout. The store saves the new layout, and then retires every node
    /// (<see cref="NodeRow.Retire"/>).
    /// </summary>
    /// <param name="desired">The layout that the settings request.</param>
    /// <param name="now">The current time, or the end of the latest reservation if that end is later.</param>
    /// <exception cref="StartupException">
    /// The settings do not fit the stored layouts; the message says why.
    /// </exception>
    public StoredLayouts Apply(DesiredLayout desired, DateTimeOffset now)
    {
        CheckSecret(desired);
        return new StoredLayouts(
            Layouts.Count == 0 ? [IdLayout.First(desired, now)]
                : Current.Matches(desired) ? Layouts
                : [.. Layouts, Next(desired, now)],
            desired.Opaque ? desired.SecretCheck : SecretCheck);
    }

    /// <exception cref="StartupException">
    /// A different secret encrypted the opaque codes of the database.
    /// </exception>
    public void CheckSecret(DesiredLayout desired)
    {
        if (LacksSecret(desired))
        {
            var problem = desired.SecretCheck is null ? "is not set, but" : "is not the original secret, and";
            throw new StartupException(
                $"Codes:Secret {problem} this database has opaque codes. Set the secret with which they were "
                + "created: without it Terse cannot read when a code was created.");
        }
    }

    /// <summary>
    /// Refuses settings that would leave fewer nodes than servers are running, because the other servers
    /// could then create no links.
    /// </summary>
    /// <param name="desired">The layout that the settings request.</param>
    /// <param name="owner">The name of the server with these settings.</param>
    /// <param name="running">The names of running servers; may contain names several times.</param>
    /// <exception cref="StartupException">There would be too few nodes.</exception>
    public void CheckNodes(DesiredLayout desired, string owner, IEnumerable<string> running)
    {
        var nodes = 1 << desired.NodeBits;
        if (Layouts.Count == 0 || nodes >= Current.Ids.NodeCount)
            return;
        var servers = running.Append(owner).Distinct(StringComparer.Ordinal).Count();
        if (nodes < servers)
        {
            throw new StartupException(
                $"Ids:NodeBits is {desired.NodeBits}, which is enough for {nodes} servers, but {servers} "
                + "servers are running, including this server. Set the Ids:NodeBits of the other servers, or "
                + "stop servers first; a server that ended without a shutdown counts for another minute.");
        }
    }

    /// <summary>
    /// Returns why a server with these settings cannot use the current layout; returns null when the server
    /// can use it. A different server may have added the current layout after this server started.
    /// </summary>
    public string? FindConflict(DesiredLayout desired, DateTimeOffset now)
    {
        if (LacksSecret(desired))
        {
            return "Another server creates opaque codes with another secret; set the same Codes:Secret on "
                + "this server and restart it.";
        }

        if (desired.Foreign is not { } foreign)
            return null;
        if (Current.Ids.NodeBits > foreign.NodeBits || Current.Ids.SequenceBits > foreign.SequenceBits)
        {
            return $"Another server mints ids that do not fit into the codes of {foreign.Name}; set the same "
                + "Ids:NodeBits and Ids:SequenceBits on both servers.";
        }

        var end = foreign.Epoch.AddTicks(foreign.TickLength.Ticks * foreign.MaxTick);
        return now >= foreign.Epoch && now < end
            ? null
            : $"The clock shows {now:O}, but codes of {foreign.Name} cover {foreign.Epoch:O} to "
                + $"{end:O}; set the clock, or another Codes:Strategy.";
    }

    /// <summary>Whether the settings lack the secret with which the opaque codes were created.</summary>
    private bool LacksSecret(DesiredLayout desired) =>
        SecretCheck is not null && SecretCheck != desired.SecretCheck;

    private IdLayout Next(DesiredLayout desired, DateTimeOffset now)
    {
        try
        {
            return Current.Next(desired, now > Current.Since ? now : Current.Since);
        }
        catch (ArgumentException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }
}
