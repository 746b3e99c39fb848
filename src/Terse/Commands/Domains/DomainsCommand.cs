using System.CommandLine;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse domains</c>, which shows and changes domains through the API of a server.
/// </summary>
internal static class DomainsCommand
{
    private const string Path = "/api/v1/domains";

    private static readonly Argument<string> Name = new("NAME")
    {
        Description = "The host of the domain, such as go.example.com, or 'default'.",
    };

    /// <summary>How often a new domain is read, once a second, until it takes links.</summary>
    private const int MaxTries = 60;

    private static readonly string[] Head = ["DOMAIN", "STATE", "HOME", "NOT FOUND", "EXPIRED"];

    public static Command Create() => new("domains", "Shows and changes the domains of a server.")
    {
        CreateList(),
        CreateAdd(),
        CreateEdit(),
        CreateRemove(),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Lists all domains.") { ServerOption.Server, JsonOutput.Json };
        command.SetAction((arguments, cancellationToken) => ServerRequests.RunAsync(
            arguments, "terse domains list", client => ListAsync(arguments, client, cancellationToken)));
        return command;
    }

    private static Command CreateAdd()
    {
        var command = new Command("add", "Adds a domain, and waits until it takes links.")
        {
            Name,
            ServerOption.Server,
            JsonOutput.Json,
        };
        DomainFieldOptions.AddTo(command);
        command.SetAction((arguments, cancellationToken) => ServerRequests.RunAsync(
            arguments, "terse domains add", client => AddAsync(arguments, client, cancellationToken)));
        return command;
    }

    private static Command CreateEdit()
    {
        var command = new Command("edit", "Changes a domain, and shows it.")
        {
            Name,
            DomainFieldOptions.NewName,
            DomainFieldOptions.Clear,
            ServerOption.Server,
            JsonOutput.Json,
        };
        DomainFieldOptions.AddTo(command);
        command.SetAction((arguments, cancellationToken) => ServerRequests.RunAsync(
            arguments, "terse domains edit", client => EditAsync(arguments, client, cancellationToken)));
        return command;
    }

    private static Command CreateRemove()
    {
        var command = new Command(
            "remove", "Removes a domain: it takes no new links. Its links work as before.")
        {
            Name,
            ServerOption.Server,
        };
        command.SetAction((arguments, cancellationToken) => ServerRequests.SendAsync(
            arguments,
            "terse domains remove",
            () => ServerRequests.New(HttpMethod.Delete, PathOf(arguments), body: null),
            $"The domain {arguments.GetValue(Name)} takes no new links.",
            cancellationToken));
        return command;
    }

    private static async Task<string?> ListAsync(
        ParseResult arguments, ServerClient client, CancellationToken cancellationToken)
    {
        using var request = ServerRequests.New(HttpMethod.Get, Path, body: null);
        var (list, error) = await client.SendAsync(
            request, ServerAnswerJson.Default.JsonObject, cancellationToken);
        if (list?["domains"] is not JsonArray domains)
            return error ?? client.NotTerseError;
        var output = arguments.InvocationConfiguration.Output;
        var rows = domains.Select(domain => CellsOf(domain!.AsObject()));
        if (arguments.GetValue(JsonOutput.Json))
            await output.WriteLineAsync(domains.ToJsonString(JsonOutput.Indented));
        else
            await TextTable.WriteAsync(output, [Head, .. rows]);
        return null;
    }

    private static string[] CellsOf(JsonObject domain) =>
    [
        LinkTable.TextOf(domain["name"])
            + (domain["isDefault"]?.GetValue<bool>() == true ? " (default)" : ""),
        LinkTable.TextOf(domain["state"]),
        LinkTable.TextOf(domain["homeRedirect"]),
        LinkTable.TextOf(domain["notFoundRedirect"]),
        LinkTable.TextOf(domain["expiredRedirect"]),
    ];

    private static async Task<string?> EditAsync(
        ParseResult arguments, ServerClient client, CancellationToken cancellationToken)
    {
        var (fields, wrong) = DomainFieldOptions.Read(arguments);
        if (fields is null)
            return wrong;
        using var request = ServerRequests.New(HttpMethod.Patch, PathOf(arguments), fields);
        var (domain, error) = await SendAsync(client, request, cancellationToken);
        if (domain is null)
            return error;
        await LinkTable.WriteAsync(arguments, domain);
        return null;
    }

    /// <summary>
    /// Adds a domain, and reads it once a second until it takes links: all servers must know it first. Until
    /// then, another server behind the balancer may not know the domain.
    /// </summary>
    private static async Task<string?> AddAsync(
        ParseResult arguments, ServerClient client, CancellationToken cancellationToken)
    {
        var (fields, wrong) = DomainFieldOptions.Read(arguments);
        if (fields is null)
            return wrong;
        fields["name"] = arguments.GetValue(Name);
        using var request = ServerRequests.New(HttpMethod.Post, Path, fields);
        var (added, error) = await SendAsync(client, request, cancellationToken);
        if (added is null)
            return error;
        var domain = added;
        for (var tries = 0; domain?["state"]?.GetValue<string>() != "active" && tries < MaxTries; tries++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
            using var again = ServerRequests.New(
                HttpMethod.Get, added["url"]!.GetValue<string>(), body: null);
            (domain, error) = await SendAsync(client, again, cancellationToken);
        }

        if (domain is null)
            return error;
        await LinkTable.WriteAsync(arguments, domain);
        return LinkTable.TextOf(domain["state"]) == "active" ? null
            : $"The domain is still pending after {MaxTries} s; 'terse domains list' shows its state.";
    }

    private static async Task<(JsonObject? Domain, string? Error)> SendAsync(
        ServerClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (domain, error) = await client.SendAsync(
            request, ServerAnswerJson.Default.JsonObject, cancellationToken);
        return domain?["url"] is null ? (null, error ?? client.NotTerseError) : (domain, null);
    }

    private static string PathOf(ParseResult arguments) =>
        $"{Path}/{Uri.EscapeDataString(arguments.GetValue(Name)!)}";
}
