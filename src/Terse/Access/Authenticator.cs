using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Access;

/// <summary>Finds the caller of a request by its API key.</summary>
internal sealed class Authenticator
{
    public const string KeyHeader = "X-Api-Key";

    private const string Scheme = "Bearer ";

    private readonly KeyLoader _keys;
    private readonly KeyUses _uses;
    private readonly FailedKeys _failures;
    private readonly TimeProvider _time;
    private readonly bool _allowsLocal;
    private readonly ApiKey? _adminKey;

    public Authenticator(
        KeyLoader keys,
        KeyUses uses,
        FailedKeys failures,
        FileKey fileKey,
        IOptions<AccessOptions> options,
        TimeProvider time)
    {
        (_keys, _uses, _failures, _time) = (keys, uses, failures, time);
        _allowsLocal = options.Value.Anonymous == AccessOptions.Loopback;
        _adminKey = fileKey.Key;
    }

    /// <summary>Finds the caller of a request.</summary>
    /// <returns>The caller, or the response that refuses the request; the other value is null.</returns>
    /// <exception cref="StoreUnavailableException">The keys cannot be read.</exception>
    public async ValueTask<(Caller? Caller, KeyRefusal? Refusal)> FindCallerAsync(HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        if (!TryReadKey(context.Request, out var sent))
        {
            return (null, Refuse(
                context, "The request contains several keys; send one key.", "several keys were sent"));
        }

        if (sent is null)
        {
            return await FindLocalAsync(context, cancellationToken) is { } local
                ? (local, null)
                : (null, RequireKey(context));
        }

        if (!KeyText.TryParse(sent, out var text))
        {
            return (null, Refuse(
                context,
                "The key is not complete; it looks like terse_ID_SECRET.",
                "the key is not complete"));
        }

        var now = _time.GetUtcNow();
        var key = await FindLoadedAsync(text, now, cancellationToken);
        if (key is null)
        {
            var address = ClientAddress.Of(context);
            if (!_failures.TryAcquire(address, out var wait))
                return (null, new(_failures.Explain(context, wait), "too many wrong keys", text.Id));
            key = await LookUpAsync(text, address, now, cancellationToken);
        }

        if (key?.IsActiveAt(now) != true)
        {
            var reason = key is null ? "the key is unknown, or its secret is wrong"
                : key.RevokedAt is null ? "the key is expired"
                : "the key is revoked";
            return (null, Refuse(
                context, "The key is unknown, expired or revoked; ask for a new key.", reason, text.Id));
        }

        _uses.Add(key.Id, now);
        return (new Caller(key.Id, key.Role, key.Scope), null);
    }

    /// <summary>
    /// Finds the caller of a request again, whose response has begun. A key that was read before is in
    /// memory, so a key that is not there has ended.
    /// </summary>
    /// <returns>Null if the key was revoked or has expired.</returns>
    /// <exception cref="StoreUnavailableException">The keys cannot be read.</exception>
    public async ValueTask<Caller?> RecheckAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (!TryReadKey(context.Request, out var sent))
            return null;
        if (sent is null)
            return await FindLocalAsync(context, cancellationToken);
        var now = _time.GetUtcNow();
        return KeyText.TryParse(sent, out var text)
            && await FindLoadedAsync(text, now, cancellationToken) is { } key && key.IsActiveAt(now)
                ? new Caller(key.Id, key.Role, key.Scope)
                : null;
    }

    /// <summary>The caller of a request without a key; null if it needs a key.</summary>
    private async ValueTask<Caller?> FindLocalAsync(
        HttpContext context, CancellationToken cancellationToken) =>
        _allowsLocal && _adminKey is null && LocalRequest.Is(context)
        && !await _keys.HasKeysAsync(cancellationToken)
            ? Caller.Anonymous
            : null;

    /// <summary>
    /// Finds a key in memory, or in the file; it needs no lookup, so it is no try of an address.
    /// </summary>
    private async ValueTask<ApiKey?> FindLoadedAsync(
        KeyText text, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await IsAdminKeyAsync(text, now, cancellationToken))
            return _adminKey;
        return await _keys.FindLoadedAsync(text.Id, cancellationToken) is { } key
            && key.HasSecret(text.Hash(), now) ? key : null;
    }

    /// <summary>Searches the primary for a key, and takes the try back unless the key is wrong.</summary>
    private async Task<ApiKey?> LookUpAsync(
        KeyText text, IPAddress? address, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var isWrong = false;
        try
        {
            var key = await _keys.FindAsync(text, now, cancellationToken);
            isWrong = key is null;
            return key;
        }
        finally
        {
            if (!isWrong)
                _failures.TakeBack(address);
        }
    }

    /// <summary>
    /// Whether a text is the key of the file. If the database has a key with the same id, that key decides,
    /// so that the key can be revoked.
    /// </summary>
    private async ValueTask<bool> IsAdminKeyAsync(
        KeyText text, DateTimeOffset now, CancellationToken cancellationToken) =>
        text.Id == _adminKey?.Id
        && _adminKey.HasSecret(text.Hash(), now)
        && await _keys.FindLoadedAsync(text.Id, cancellationToken) is null;

    /// <summary>Reads the key of a request; null if the request has none.</summary>
    /// <returns>False if the request has several different keys.</returns>
    private static bool TryReadKey(HttpRequest request, out string? key)
    {
        key = null;
        foreach (var value in request.Headers.Authorization)
        {
            if (value?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true
                && !TryAdd(value[Scheme.Length..].Trim(), ref key))
            {
                return false;
            }
        }

        foreach (var value in request.Headers[KeyHeader])
        {
            if (value is not null && !TryAdd(value, ref key))
                return false;
        }

        return true;

        static bool TryAdd(string sent, ref string? key)
        {
            var isFirst = key is null;
            key ??= sent;
            return isFirst || key == sent;
        }
    }

    private static KeyRefusal RequireKey(HttpContext context)
    {
        Challenge(context);
        return new(
            Problem.Of(
                ProblemType.KeyRequired,
                "The API needs a key; send the header 'Authorization: Bearer terse_ID_SECRET'. The first key "
                + "is made on the server's machine by 'terse access create --name NAME --role admin'.",
                HeaderNames.Authorization),
            "no key was sent",
            KeyId: null);
    }

    private static KeyRefusal Refuse(
        HttpContext context, string detail, string reason, string? keyId = null)
    {
        Challenge(context);
        return new(
            Problem.Of(ProblemType.KeyInvalid, detail, HeaderNames.Authorization), reason, keyId);
    }

    /// <summary>Names the scheme of the header, as RFC 9110, section 11.6.1, asks for.</summary>
    private static void Challenge(HttpContext context) =>
        context.Response.Headers.WWWAuthenticate = new StringValues("Bearer realm=\"terse\"");
}
