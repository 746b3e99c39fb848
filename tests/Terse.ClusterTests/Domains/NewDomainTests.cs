using System.Net;
using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class NewDomainTests
{
    private const string Domain = "new.example";
    private const string Target = "https://example.com/";

    /// <summary>
    /// One server is suspended before the domain is added, so it does not know the domain when the first link
    /// is created in it. To this server, the host of the link belongs to the default domain.
    /// </summary>
    [Fact]
    public async Task A_server_that_does_not_know_a_new_domain_never_answers_not_found_for_its_links()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var adding = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Domains:Default", "go.example");
        await using var suspended = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Domains:Default", "go.example");
        await RetryingClient.CreateAsync(adding, Target);
        suspended.Pause();
        try
        {
            using var added = await adding.Http.PostAsJsonAsync(
                new Uri("/api/v1/domains", UriKind.Relative), new { name = Domain });
            Assert.Equal(HttpStatusCode.Created, added.StatusCode);
            Assert.Equal(HttpStatusCode.Conflict, await CreateAsync(adding));
            await Eventually.IsTrueAsync(async () => await CreateAsync(adding) == HttpStatusCode.Created);
        }
        finally
        {
            suspended.Resume();
        }

        HttpStatusCode status;
        do
        {
            status = await FollowAsync(suspended);
            Assert.NotEqual(HttpStatusCode.NotFound, status);
        }
        while (status != HttpStatusCode.Found);
    }

    [Fact]
    public async Task All_servers_use_a_changed_setting_of_a_domain_and_a_restarted_server_knows_all_domains()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var first = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Domains:Others:0", Domain);
        await using var second = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Domains:Others:0", "ignored.example");
        await RetryingClient.CreateAsync(first, Target);
        using var changed = await first.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/domains/{Domain}", UriKind.Relative), new { notFoundRedirect = Target });
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);

        await Eventually.IsTrueAsync(async () => await FollowAsync(second) == HttpStatusCode.Found);
        await using var third = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        Assert.Equal(HttpStatusCode.Found, await FollowAsync(third));
        foreach (var server in new[] { first, second, third })
        {
            var domains = await server.ReadAsync("/api/v1/domains");
            Assert.Equal(
                [server.Authority, Domain],
                domains.GetProperty("domains").EnumerateArray()
                    .Select(domain => domain.GetProperty("name").GetString()));
        }
    }

    private static async Task<HttpStatusCode> CreateAsync(TerseProcess server)
    {
        using var response = await server.Http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative),
            new { target = Target, code = "first", domain = Domain });
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> FollowAsync(TerseProcess server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/first", UriKind.Relative));
        request.Headers.Host = Domain;
        using var response = await server.Http.SendAsync(request);
        return response.StatusCode;
    }
}
