using Microsoft.Extensions.Options;

namespace Terse.Domains;

/// <summary>
/// Defines the domains of a new installation. The first server stores these domains in the database. Later,
/// only <see cref="Scheme"/> has an effect. The settings are in the section <c>Domains</c>.
/// </summary>
internal sealed class DomainOptions
{
    public const string Section = "Domains";

    public static readonly string[] SettingNames = [nameof(Default), nameof(Others) + ":0", nameof(Scheme)];

    /// <summary>
    /// The host of the default domain in a new database, followed by a port unless the port is the scheme's
    /// default port. Default: none. Without a host, short URLs begin with the host that the request was sent
    /// to.
    /// </summary>
    public string? Default { get; set; }

    /// <summary>
    /// Further domains in a new database. Each domain has its own links, so two domains can use the same code
    /// for different links. Default: none.
    /// </summary>
    public IReadOnlyList<string> Others { get; set; } = [];

    /// <summary>
    /// The scheme of short URLs, <c>https</c> or <c>http</c>. Default: none, so that short URLs have the
    /// scheme of the request. Behind a proxy that terminates TLS, use <c>https</c>.
    /// </summary>
    public string? Scheme { get; set; }

    /// <summary>The domains of a new database: the default domain, then the others.</summary>
    public IReadOnlyList<Domain> ToDomains()
    {
        var settings = Authority.TryParse(Default, out var host)
            ? DomainSettings.None with { Host = host.ToString() }
            : DomainSettings.None;
        List<Domain> domains = [new(0, DomainMap.Default, settings) { IsActive = true }];
        foreach (var name in Others)
        {
            if (Authority.TryParse(name, out var other))
                domains.Add(new(0, other.ToString(), DomainSettings.None) { IsActive = true });
        }

        return domains;
    }
}

internal sealed class DomainOptionsValidator : IValidateOptions<DomainOptions>
{
    public ValidateOptionsResult Validate(string? name, DomainOptions options)
    {
        var errors = new List<string>();
        var seen = new HashSet<Authority>();
        if (options.Default is not null)
            Check("Domains:Default", options.Default);
        foreach (var other in options.Others)
            Check("Domains:Others", other);
        if (options.Scheme is not (null or "http" or "https"))
            errors.Add($"Domains:Scheme is '{options.Scheme}'; set it to 'https' or 'http'.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);

        void Check(string setting, string name)
        {
            if (!DomainName.TryParse(name, out var host, out var reason))
                errors.Add($"{setting} is '{name}'; it {reason}.");
            else if (!seen.Add(host))
                errors.Add($"{setting} contains '{name}', which is already a domain; remove it.");
        }
    }
}
