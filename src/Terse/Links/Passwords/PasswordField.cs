using Terse.Hosting;

namespace Terse.Links;

/// <summary>Adds the password of a request to the change that the request makes to a link.</summary>
internal sealed class PasswordField(PasswordHasher hasher)
{
    /// <param name="fields">The checked fields of the request.</param>
    /// <param name="edit">Sets the other fields of the request on a link.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// Sets all fields on a link. All its calls set the same hash, so that a repeated attempt to store the
    /// link stores the same link.
    /// </returns>
    /// <exception cref="OverloadException">Too many passwords are being hashed.</exception>
    public async ValueTask<Func<Link, Link>> AddToAsync(
        LinkFields fields, Func<Link, Link> edit, CancellationToken cancellationToken)
    {
        if (!fields.Has(nameof(fields.Password)))
            return edit;
        var password = string.IsNullOrEmpty(fields.Password)
            ? null
            : await hasher.HashAsync(fields.Password, cancellationToken);
        return link => Set(edit(link), password);
    }

    /// <summary>
    /// Returns what identifies the password of a request in the hash of an idempotent request. The stored
    /// hash cannot serve, because its salt is random.
    /// </summary>
    /// <exception cref="OverloadException">Too many passwords are being hashed.</exception>
    public async ValueTask<string?> FingerprintAsync(
        LinkFields fields, string idempotencyKey, CancellationToken cancellationToken) =>
        string.IsNullOrEmpty(fields.Password)
            ? null
            : await hasher.FingerprintAsync(fields.Password, idempotencyKey, cancellationToken);

    /// <summary>Sets or removes the password of a link.</summary>
    public static Link Set(Link link, LinkPassword? password)
    {
        var settings = link.Settings with { Password = password };
        // StoredSettings.Write recognizes LinkSettings.None without serializing it.
        return link with { Settings = settings == LinkSettings.None ? LinkSettings.None : settings };
    }
}
