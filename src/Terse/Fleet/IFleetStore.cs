namespace Terse.Fleet;

/// <summary>Where servers tell of themselves, and what they make of the database's hosts.</summary>
internal interface IFleetStore
{
    /// <summary>How long a server that no longer tells of itself is still shown.</summary>
    static readonly TimeSpan ShownFor = TimeSpan.FromSeconds(60);

    /// <summary>The database's hosts as the last looks saw them; asks nobody.</summary>
    IReadOnlyList<FleetHost> Hosts { get; }

    /// <summary>The servers that told of themselves lately, by name; within 3 seconds.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">Nobody can be asked.</exception>
    Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Tells of a server, by the store's clock, and removes those that did not for long. Returns since when
    /// it does, which it is to say the next time.
    /// </summary>
    /// <exception cref="Hosting.StoreUnavailableException">Whether it was told is unknown.</exception>
    Task<DateTimeOffset> TellAsync(ServerReport report, CancellationToken cancellationToken);

    /// <summary>Removes a server that stops, unless another one has taken its name since.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">Whether it was removed is unknown.</exception>
    Task ForgetAsync(ServerReport report, CancellationToken cancellationToken);
}
