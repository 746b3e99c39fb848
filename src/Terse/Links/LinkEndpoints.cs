using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>A link as the API shows it. The id is text, since JavaScript's numbers end at 53 bits.</summary>
internal sealed record LinkResource(
    string Id, string Domain, string Code, string ShortUrl, string Target, DateTime CreatedAt);

internal static class LinkEndpoints
{
    private const string Root = "/api/v1/links";

    public static void AddLinks(this IServiceCollection services)
    {
        services.AddOptions<LinkOptions>().BindConfiguration(LinkOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(LinkOptions.Section, LinkOptions.Keys));
        services.AddOptions<DomainOptions>().BindConfiguration(DomainOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(DomainOptions.Section, DomainOptions.Keys));
        services.AddSingleton<IValidateOptions<LinkOptions>, LinkOptionsValidator>();
        services.AddSingleton<IValidateOptions<DomainOptions>, DomainOptionsValidator>();
        services.AddSingleton<Domains>();
        services.AddSingleton<LinkCreator>();
    }

    public static void MapLinks(this IEndpointRouteBuilder app)
    {
        var links = app.MapGroup(Root).WithTags("links");
        links.MapPost("/", CreateAsync);
        links.MapGet("/{code}", GetAsync);
    }

    private static async Task<Results<Created<LinkResource>, Problem>> CreateAsync(
        LinkCreator creator, Domains domains, HttpContext context)
    {
        var link = await JsonBody.ReadAsync(context.Request, TerseJson.Context.NewLink);
        var (host, address) = (RequestHost.Of(context), RequestHost.AddressOf(context));
        return await creator.CreateAsync(link, host, address, context.RequestAborted) switch
        {
            CreateLinkResult.Created(var made) =>
                TypedResults.Created(
                    UrlOf(made, domains, host), Show(made, domains, host, context.Request.Scheme)),
            CreateLinkResult.Refused(var refusal) => Problem.Of(refusal),
            var other => throw new InvalidOperationException($"{other} is no result of a creation."),
        };
    }

    /// <summary>Shows a link of the named domain; without a name, of the one that the host picks.</summary>
    private static async Task<Results<Ok<LinkResource>, Problem>> GetAsync(
        string code, string? domain, ILinkStore store, Domains domains, HttpContext context)
    {
        var host = RequestHost.Of(context);
        if (!domains.TryPick(domain, host, out var key))
            return Problem.Of(ProblemType.DomainUnknown, $"'{domain}' is no domain of this Terse.", "domain");
        return await store.FindAsync(key, code, context.RequestAborted) is { } link
            ? TypedResults.Ok(Show(link, domains, host, context.Request.Scheme))
            : Problem.Of(
                ProblemType.LinkNotFound,
                $"No link of {domains.NameOf(key, host)} has this code.",
                "code");
    }

    private static LinkResource Show(Link link, Domains domains, string host, string scheme)
    {
        var domain = domains.NameOf(link.Domain, host);
        var shortUrl = $"{domains.Scheme ?? scheme}://{domain}/{link.Code}";
        return new(
            link.Id.ToString("D"), domain, link.Code, shortUrl, link.Target, link.CreatedAt.UtcDateTime);
    }

    private static string UrlOf(Link link, Domains domains, string host) =>
        link.Domain == domains.KeyOfHost(host)
            ? $"{Root}/{link.Code}"
            : $"{Root}/{link.Code}?domain={Uri.EscapeDataString(domains.NameOf(link.Domain, host))}";
}
