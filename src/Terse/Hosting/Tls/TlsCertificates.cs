using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Keeps the certificate of the server up to date. The files are read again every two seconds, since file
/// systems that are mounted, and symbolic links that are replaced, do not notify of all changes. A handshake
/// that begins after a change gets the new certificate; open connections go on. While the files contain no
/// valid certificate, the server keeps the last one.
/// </summary>
internal sealed partial class TlsCertificates : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WarningInterval = TimeSpan.FromDays(1);

    private readonly IOptions<TlsOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<TlsCertificates> _logger;
    private readonly Lazy<TlsCertificate> _first;
    private readonly Meter _meter;
    private TlsFiles? _read;
    private TlsCertificate? _current;
    private string _mistake = "";
    private DateTimeOffset _warnedAt = DateTimeOffset.MinValue;

    public TlsCertificates(
        IOptions<TlsOptions> options,
        TimeProvider time,
        IMeterFactory meters,
        ILogger<TlsCertificates> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _first = new(() =>
        {
            _read = TlsFiles.Read(options.Value);
            return _current = _read.Load(time.GetUtcNow(), mayBeExpired: true);
        });
        _meter = meters.Create(Telemetry.Meter);
        _meter.CreateObservableGauge(
            "terse.tls.certificate.remaining",
            ReadRemaining,
            "s",
            "How long the certificate is still valid.");
    }

    /// <summary>The certificate for a handshake that begins now.</summary>
    public TlsCertificate Current => Volatile.Read(ref _current) ?? _first.Value;

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <summary>Reads the files, and replaces the certificate if they contain another valid one.</summary>
    public void Reload()
    {
        var present = Current;
        try
        {
            var files = TlsFiles.Read(_options.Value);
            if (!files.HasSameContent(_read!))
            {
                _read = files;
                present = files.Load(_time.GetUtcNow(), mayBeExpired: false);
                Volatile.Write(ref _current, present);
                (_mistake, _warnedAt) = ("", DateTimeOffset.MinValue);
                LogReplaced(present.ValidUntil);
            }
        }
        catch (InvalidDataException exception)
        {
            if (exception.Message != _mistake)
                LogKept(present.ValidUntil, exception.Message);
            _mistake = exception.Message;
        }

        WarnOfExpiry(present);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.Value.CertificateFile is null)
            return;
        var loop = new BackgroundLoop(Interval, _time, (exception, isFirst) =>
        {
            if (isFirst)
                LogKept(Current.ValidUntil, exception.Message);
        });
        await loop.RunAsync(
            _ =>
            {
                Reload();
                return Task.CompletedTask;
            },
            stoppingToken);
    }

    /// <summary>
    /// Warns once a day when less than a sixth of the lifetime is left, at most 14 days: tools renew a
    /// certificate long before.
    /// </summary>
    private void WarnOfExpiry(TlsCertificate certificate)
    {
        var now = _time.GetUtcNow();
        var remaining = certificate.ValidUntil - now;
        var sixth = (certificate.ValidUntil - certificate.ValidFrom) / 6;
        if (remaining > sixth || remaining > TimeSpan.FromDays(14) || now - _warnedAt < WarningInterval)
            return;
        _warnedAt = now;
        LogExpires(certificate.ValidUntil);
    }

    private IEnumerable<Measurement<double>> ReadRemaining() => Volatile.Read(ref _current) is { } current
        ? [new((current.ValidUntil - _time.GetUtcNow()).TotalSeconds)]
        : [];

    [LoggerMessage(30, LogLevel.Information, "The certificate was replaced; it expires on {Expiry:u}.")]
    private partial void LogReplaced(DateTimeOffset expiry);

    [LoggerMessage(
        31,
        LogLevel.Warning,
        "The new certificate cannot be used; the server keeps that which expires on {Expiry:u}: {Reason}")]
    private partial void LogKept(DateTimeOffset expiry, string reason);

    [LoggerMessage(32, LogLevel.Warning, "The certificate expires on {Expiry:u}; renew it.")]
    private partial void LogExpires(DateTimeOffset expiry);
}
