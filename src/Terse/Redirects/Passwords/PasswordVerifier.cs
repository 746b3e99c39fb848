using System.Runtime.InteropServices;
using Terse.Access;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Checks the passwords that clients send for links. Limits the tries, and makes a stored hash anew if it has
/// become too weak.
/// </summary>
internal sealed partial class PasswordVerifier(
    PasswordHasher hasher,
    PasswordTries tries,
    KnownPasswords known,
    LinkChanger changer,
    LimitMetrics metrics,
    ILogger<PasswordVerifier> logger)
{
    private int _strengthening;

    /// <exception cref="OverloadException">Too many passwords are being checked.</exception>
    public async Task<PasswordVerdict> VerifyAsync(
        HttpContext context, CachedLink link, LinkPassword stored, string password)
    {
        if (password.Length == 0 || LinkPassword.Check(password) is not null)
            return default; // No link has such a password. The check costs nothing, so it is no try.
        if (!tries.TryCount(ClientAddress.Of(context), link.Id, out var counted, out var wait))
        {
            metrics.CountRefused(LimitMetrics.PasswordTries);
            return new PasswordVerdict(IsRight: false, wait);
        }

        if (!known.Contains(link.Id, stored, password))
        {
            if (!await IsRightAsync(stored, password, counted, context.RequestAborted))
                return default;
            known.Add(link.Id, stored, password);
        }

        tries.TakeBack(counted);
        if (stored.IsWeak && Interlocked.Exchange(ref _strengthening, 1) == 0)
            _ = StrengthenAsync(link.Name, stored, password);
        return new PasswordVerdict(IsRight: true, TimeSpan.Zero);
    }

    private async Task<bool> IsRightAsync(
        LinkPassword stored, string password, PasswordTry counted, CancellationToken cancellationToken)
    {
        try
        {
            return await hasher.IsRightAsync(stored, password, cancellationToken);
        }
        catch (Exception exception) when (exception is OverloadException or OperationCanceledException)
        {
            tries.TakeBack(counted);
            throw;
        }
    }

    /// <summary>Runs in the background; at most one link at a time.</summary>
    private async Task StrengthenAsync(LinkName name, LinkPassword weak, string password)
    {
        try
        {
            var strong = await hasher.StrengthenAsync(weak, password, CancellationToken.None);
            await changer.StrengthenPasswordAsync(name, weak, strong, CancellationToken.None);
        }
        catch (Exception exception) when (exception is OverloadException or StoreUnavailableException)
        {
            LogNotStrengthened(exception.Message); // The next visitor who sends the right password retries.
        }
        finally
        {
            Volatile.Write(ref _strengthening, 0);
        }
    }

    [LoggerMessage(
        520, LogLevel.Debug, "A weak hash of a link's password could not be replaced now: {Reason}")]
    private partial void LogNotStrengthened(string reason);
}

/// <param name="IsRight">Whether the password is right.</param>
/// <param name="Wait">
/// How long the client must wait, because it has no tries left and the password was not checked; zero if the
/// password was checked.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PasswordVerdict(bool IsRight, TimeSpan Wait);
