using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Says where the configuration is that all servers of an installation share. The settings are in the section
/// <c>Config</c>, which the shared configuration itself cannot contain.
/// </summary>
internal sealed class ConfigOptions
{
    public const string Section = "Config";

    public static readonly string[] SettingNames =
        [nameof(Source), nameof(Interval), nameof(Region), nameof(Endpoint)];

    /// <summary>
    /// The document with the shared settings: the path of a file, for example on a shared mount, or
    /// <c>s3://bucket/key</c>. Default: none.
    /// </summary>
    public string? Source { get; set; }

    /// <summary>
    /// How often the server reads the document again: 1 s to 1 minute. Default: 5 s. Too short: many requests
    /// to the store. Too long: servers use a new configuration at different times.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The AWS region of the bucket, such as <c>eu-central-1</c>. Default: that of the instance or the
    /// environment.
    /// </summary>
    public string? Region { get; set; }

    /// <summary>
    /// The URL of a store with the API of S3, such as <c>http://minio:9000</c>. Default: S3 itself.
    /// </summary>
    public string? Endpoint { get; set; }

    /// <summary>Reads the settings that name the source, before the server is built.</summary>
    public static ConfigOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        return new()
        {
            Source = section[nameof(Source)],
            Region = section[nameof(Region)],
            Endpoint = section[nameof(Endpoint)],
        };
    }
}

internal sealed class ConfigOptionsValidator : IValidateOptions<ConfigOptions>
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, ConfigOptions options)
    {
        var errors = new List<string>();
        if (options.Source is { Length: > 0 } source)
        {
            if (ConfigSources.IsS3(source) && !ConfigSources.TryReadS3(source, out _, out _))
                errors.Add($"Config:Source is '{source}'; write it like 's3://bucket/folder/terse.json'.");
            else if (!ConfigSources.IsS3(source) && source.Contains("://", StringComparison.Ordinal))
                errors.Add($"Config:Source is '{source}'; set it to a path, or to s3://BUCKET/KEY.");
            else if (source[^1] == '/')
                errors.Add($"Config:Source is '{source}', which is a folder; name a file.");
        }

        if (options.Interval < MinInterval || options.Interval > MaxInterval)
        {
            errors.Add($"Config:Interval is {options.Interval}; set a duration from {MinInterval} to "
                + $"{MaxInterval}.");
        }

        if (options.Endpoint is { } endpoint
            && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
        {
            errors.Add($"Config:Endpoint is '{endpoint}'; set it to a URL such as 'http://minio:9000'.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
