using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>Returns the errors of a server that starts with a document; none if it can.</summary>
internal delegate IReadOnlyList<string> DocumentValidator(ConfigDocument document);

/// <summary>
/// Reads the shared configuration every <see cref="ConfigOptions.Interval"/>. A new document is validated as
/// a whole, together with the settings of this server. Only then is any of it used: the live settings at
/// once, the others after a restart. A wrong document, and a source that cannot be read, change nothing.
/// </summary>
internal sealed partial class ConfigWatcher(
    ConfigStart start,
    SharedSettings shared,
    ConfigState state,
    IEnumerable<SettingsSection> sections,
    IConfiguration configuration,
    DocumentValidator findErrors,
    IOptions<ServerOptions> server,
    IOptions<ConfigOptions> options,
    TimeProvider time,
    ILogger<ConfigWatcher> logger) : BackgroundService
{
    /// <summary>
    /// How long a wrong document is not validated again. It can become right without a change, for example
    /// when the file of a secret appears.
    /// </summary>
    private static readonly TimeSpan RefusedTime = TimeSpan.FromSeconds(30);

    private readonly ConfigHome _home = start.Home!;
    private readonly ConfigReader _reader = new(start.Home!.Source, server.Value.Name);
    private readonly List<SettingsSection> _sections = [.. sections];
    private string? _unavailable;
    private string? _refusal;
    private bool _isCopyOld;
    private long _validatedAt;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (start.Problem is { } problem)
            LogCopyUsed(_home.Copy.Path, start.Document.Version, problem);
        else
            Keep(start.Document);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(options.Value.Interval, time, OnFailure)
            .WaitAndRunAsync(CheckAsync, stoppingToken);

    /// <summary>Reads the source once, and uses a new document.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        ReadDocument read;
        try
        {
            read = await _reader.ReadAsync(cancellationToken);
        }
        catch (SourceUnavailableException exception)
        {
            if (_unavailable is null)
                LogUnavailable(exception.Message);
            _unavailable = exception.Message;
            state.Status = state.Status with { Problem = exception.Message };
            return;
        }

        if (_unavailable is not null)
            LogAvailable(_home.Source.Description);
        _unavailable = null;
        Process(read);
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception);
        state.Status = state.Status with { Problem = exception.Message };
    }

    private void Process(ReadDocument read)
    {
        var status = state.Status;
        var version = ConfigDocument.VersionOf(read.Content);
        if (version == status.Version && status.Refused is null)
        {
            // The trial has been published, or the copy could not be written before.
            if (!read.IsTrial && (status.IsTrial || _isCopyOld))
                Keep(ConfigDocument.Parse(read.Content));
            state.Status = status with { IsTrial = read.IsTrial, Problem = null };
            return;
        }

        if (version == status.Refused && time.GetElapsedTime(_validatedAt) < RefusedTime)
        {
            state.Status = status with { Problem = _refusal };
            return;
        }

        _validatedAt = time.GetTimestamp();
        try
        {
            Apply(ConfigDocument.Parse(read.Content), read.IsTrial);
        }
        catch (InvalidDataException exception)
        {
            if (version != status.Refused)
                LogRefused(version, _home.Source.Description, exception.Message);
            _refusal = exception.Message;
            state.Status = status with { Refused = version, Problem = _refusal };
        }
    }

    /// <exception cref="InvalidDataException">The document is wrong, and nothing of it is used.</exception>
    private void Apply(ConfigDocument document, bool isTrial)
    {
        var errors = findErrors(document);
        if (errors.Count > 0)
            throw new InvalidDataException(string.Join(' ', errors));
        var settings = SecretReference.ResolveAll(document.Settings);
        var running = shared.Running;
        var waiting = SettingChange.Find(running, settings, _sections)
            .Where(change => !change.IsLive && !IsOverridden(change.Path))
            .Select(change => change.Path)
            .ToList();
        shared.Replace(SettingChange.Merge(running, settings, _sections));
        state.Status = new(document.Version, isTrial, waiting, Refused: null, Problem: null);
        LogUsed(document.Version, _home.Source.Description);
        if (waiting.Count > 0)
            LogNeedsRestart(string.Join(", ", waiting));
        if (!isTrial)
            Keep(document);
    }

    /// <summary>Whether a setting of the server itself replaces that of the document.</summary>
    private bool IsOverridden(string path) => ((IConfigurationRoot)configuration).Providers
        .SkipWhile(provider => provider != shared)
        .Skip(1)
        .Any(provider => provider.TryGet(path, out _) || provider.GetChildKeys([], path).Any());

    private void Keep(ConfigDocument document)
    {
        try
        {
            _home.Copy.Write(document);
            _isCopyOld = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isCopyOld)
                LogNotKept(_home.Copy.Path, exception.Message);
            _isCopyOld = true;
        }
    }

    [LoggerMessage(
        70,
        LogLevel.Warning,
        "The server starts with the copy {Path} of the configuration, version {Version}: {Problem}")]
    private partial void LogCopyUsed(string path, string version, string problem);

    [LoggerMessage(
        71,
        LogLevel.Warning,
        "The shared configuration cannot be read; the server continues with the one that it has: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(72, LogLevel.Warning, "The shared configuration {Source} can be read again.")]
    private partial void LogAvailable(string source);

    [LoggerMessage(
        73,
        LogLevel.Error,
        "Version {Version} of the configuration in {Source} is wrong; the server uses nothing of it: "
        + "{Reason}")]
    private partial void LogRefused(string version, string source, string reason);

    [LoggerMessage(
        74, LogLevel.Warning, "The server uses version {Version} of the configuration in {Source}.")]
    private partial void LogUsed(string version, string source);

    [LoggerMessage(75, LogLevel.Warning, "These settings have changed and need a restart: {Settings}")]
    private partial void LogNeedsRestart(string settings);

    [LoggerMessage(
        76,
        LogLevel.Warning,
        "{Path}, the copy of the last good configuration, was not written: {Reason}")]
    private partial void LogNotKept(string path, string reason);

    [LoggerMessage(77, LogLevel.Error, "The check of the shared configuration failed.")]
    private partial void LogFailed(Exception exception);
}
