using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Knows whether codes with slashes may exist. If none exists, <c>/a/b</c> can mean only the link <c>a</c>.
/// </summary>
/// <remarks>
/// The server asks the database every 2 s, until the answer is yes. So when another server creates the first
/// code with a slash below the code of a link that forwards paths, this server can forward the path for a
/// moment longer, as after any change of a link. It never answers "not found" for the new code, because it
/// looks up all codes before it does.
/// </remarks>
internal sealed partial class SlashCodes(
    ISlashCodeStore store, IOptions<CodeOptions> options, TimeProvider time, ILogger<SlashCodes> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>True until the database was asked, because a wrong true costs only lookups.</summary>
    private bool _mayExist = true;

    private bool _isFinal;

    public bool MayExist => options.Value.AllowSlash || Volatile.Read(ref _mayExist);

    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task UpdateAsync(CancellationToken cancellationToken)
    {
        if (_isFinal)
            return;
        _isFinal = await store.MayExistAsync(cancellationToken);
        Volatile.Write(ref _mayExist, _isFinal);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Value.AllowSlash
        ? Task.CompletedTask
        : new BackgroundLoop(Interval, time, OnFailure).RunAsync(UpdateAsync, stoppingToken);

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogNotRead(exception.Message);
    }

    [LoggerMessage(
        511,
        LogLevel.Debug,
        "The server cannot read whether codes with slashes exist; it retries: {Reason}")]
    private partial void LogNotRead(string reason);
}
