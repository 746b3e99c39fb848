using Terse.Hosting;

namespace Terse.Ids;

/// <summary>What a database keeps of how its codes were made.</summary>
/// <param name="Layouts">All that were ever minted by, the oldest first; the last is minted by now.</param>
/// <param name="SecretCheck">Tells the secret of its opaque codes; null while there are none.</param>
internal sealed record StoredLayouts(IReadOnlyList<IdLayout> Layouts, string? SecretCheck)
{
    public static readonly StoredLayouts Empty = new([], SecretCheck: null);

    /// <summary>The layout to mint by.</summary>
    public IdLayout Current => Layouts[^1];

    /// <summary>
    /// The record that is as the settings wish. What it has more than this one is to be stored; where there
    /// is another layout, every node has to be taken from its owner (<see cref="NodeRow.Retire"/>).
    /// </summary>
    /// <param name="wish">What the settings say.</param>
    /// <param name="now">The present, and no earlier than the latest mark of all nodes.</param>
    /// <exception cref="StartupException">The wish cannot be followed; the message says why.</exception>
    public StoredLayouts Follow(DesiredLayout wish, DateTimeOffset now)
    {
        AssertSecret(wish);
        return new StoredLayouts(
            Layouts.Count == 0 ? [IdLayout.First(wish, now)]
                : Current.Matches(wish) ? Layouts
                : [.. Layouts, Next(wish, now)],
            wish.Opaque ? wish.SecretCheck : SecretCheck);
    }

    /// <exception cref="StartupException">There are opaque codes, of another secret.</exception>
    public void AssertSecret(DesiredLayout wish)
    {
        if (SecretCheck is not null && SecretCheck != wish.SecretCheck)
        {
            throw new StartupException(
                "Codes:Secret is not the one that the opaque codes of this database were made with. Set the "
                + "one that was; without it their time cannot be read.");
        }
    }

    /// <summary>
    /// Says why a server with these settings cannot make codes by the current layout, which another server
    /// may have begun since it started; null where it can.
    /// </summary>
    public string? WhyNotServed(DesiredLayout wish, DateTimeOffset now)
    {
        if (SecretCheck is not null && SecretCheck != wish.SecretCheck)
            return "Another server makes opaque codes; give this one the same Codes:Secret and restart it.";
        if (wish.Foreign is not { } foreign)
            return null;
        if (Current.Ids.NodeBits > foreign.NodeBits || Current.Ids.SequenceBits > foreign.SequenceBits)
        {
            return $"Another server mints ids that codes of {foreign.Name} have no room for; give both the "
                + "same Ids:NodeBits and Ids:SequenceBits.";
        }

        var end = foreign.Epoch.AddTicks(foreign.TickLength.Ticks * foreign.MaxTick);
        return now >= foreign.Epoch && now < end
            ? null
            : $"The clock says {now:O}; codes of {foreign.Name} tell times from {foreign.Epoch:O} to "
                + $"{end:O}.";
    }

    private IdLayout Next(DesiredLayout wish, DateTimeOffset now)
    {
        try
        {
            return Current.Next(wish, now > Current.Since ? now : Current.Since);
        }
        catch (ArgumentException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }
}
