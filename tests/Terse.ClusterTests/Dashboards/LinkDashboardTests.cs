using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Runs the SQL of the dashboard of one link, as the role of <c>deploy/grafana/reader.sql</c>, while people
/// and bots follow the link.
/// </summary>
public sealed class LinkDashboardTests
{
    /// <summary>A code with a quote, as a custom code may have.</summary>
    private const string Code = "it's";

    private const string Alias = "earlier";
    private const string Target = "https://example.com/first";

    private static readonly List<DashboardPanel> Panels =
        [.. DashboardPanel.All.Where(panel => panel.Dashboard == "terse-link")];

    [Fact]
    public async Task Every_panel_shows_the_link_and_its_visits_and_changes_with_them()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await postgres.Primary.ExecuteAsync(
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy/grafana/reader.sql")));
        using var created = await server.Http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative), new { target = Target, code = Alias });
        created.EnsureSuccessStatusCode();
        await ChangeAsync(server, new { code = Code });
        await using var grafana = await ConnectAsync(postgres.Replicas[0]);

        await VisitAsync(server, Follower.Browser, "https://news.example/");
        await VisitAsync(server, "curl/8.0", referrer: null);
        await AreAllAsync(
            grafana, (title, rows) => rows.Count > 0 && (title != "Visits of bots" || rows is ["1"]));
        var before = await ReadAllAsync(grafana, Code);
        Assert.Equal(before, await ReadAllAsync(grafana, Alias));
        Assert.Contains(Target, before["Link"][0], StringComparison.Ordinal);
        Assert.Equal(["1"], before["Visits of people"]);
        Assert.Equal(["1"], before["Visits of bots"]);
        Assert.Equal(["news.example | 1"], before["Referrers"]);

        await ChangeAsync(server, new { target = "https://example.com/second" });
        await VisitAsync(server, Follower.Browser, "https://news.example/");
        await VisitAsync(server, "curl/8.0", referrer: null);
        await AreAllAsync(grafana, (title, rows) => !rows.SequenceEqual(before[title]));
        Assert.Equal(["news.example | 2"], (await ReadAllAsync(grafana, Code))["Referrers"]);
    }

    [Fact]
    public async Task The_role_of_the_dashboard_changes_nothing_and_reads_no_API_key()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await postgres.Primary.ExecuteAsync(
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy/grafana/reader.sql")));
        await using var grafana = await ConnectAsync(postgres.Primary);

        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege, await RefusalOfAsync(grafana, "TABLE api_key"));
        Assert.Equal(
            PostgresErrorCodes.ReadOnlySqlTransaction, await RefusalOfAsync(grafana, "DELETE FROM link"));
        await ReadAsync(grafana, "SET default_transaction_read_only = off");
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege, await RefusalOfAsync(grafana, "DELETE FROM link"));
    }

    private static async Task<NpgsqlConnection> ConnectAsync(PostgresServer host)
    {
        var address = new NpgsqlConnectionStringBuilder(host.ConnectionString)
        {
            Username = "terse_dashboards",
            Pooling = false,
        };
        var connection = new NpgsqlConnection(address.ConnectionString);
        await Eventually.IsTrueAsync(async () =>
        {
            try
            {
                await connection.OpenAsync();
                return true;
            }
            catch (PostgresException)
            {
                return false; // The replica does not have the role yet.
            }
        });
        return connection;
    }

    private static async Task ChangeAsync(TerseProcess server, object change)
    {
        using var response = await server.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{Alias}", UriKind.Relative), change);
        response.EnsureSuccessStatusCode();
    }

    private static async Task VisitAsync(TerseProcess server, string agent, string? referrer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/{Uri.EscapeDataString(Code)}");
        request.Headers.UserAgent.Clear();
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        request.Headers.Referrer = referrer is null ? null : new Uri(referrer);
        using var response = await server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
    }

    /// <summary>Waits until a condition holds for the rows of each panel.</summary>
    private static async Task AreAllAsync(
        NpgsqlConnection grafana, Func<string, List<string>, bool> condition)
    {
        var rows = new Dictionary<string, List<string>>();
        try
        {
            await Eventually.IsTrueAsync(async () =>
                (rows = await ReadAllAsync(grafana, Code)).All(panel => condition(panel.Key, panel.Value)));
        }
        catch (OperationCanceledException)
        {
            Assert.Fail(string.Join('\n', rows.Where(panel => !condition(panel.Key, panel.Value))
                .Select(panel => $"{panel.Key}: {string.Join("; ", panel.Value)}")));
        }
    }

    /// <summary>Returns the rows of each panel, by the panel's title.</summary>
    private static async Task<Dictionary<string, List<string>>> ReadAllAsync(
        NpgsqlConnection grafana, string code)
    {
        var rows = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var panel in Panels)
            rows.Add(panel.Title, await ReadAsync(grafana, Fill(Assert.Single(panel.Queries), code)));
        return rows;
    }

    /// <summary>Replaces the variables and macros of Grafana by the values for the last week.</summary>
    private static string Fill(string sql, string code)
    {
        var now = TimeProvider.System.GetUtcNow();
        var weekAgo = now.AddDays(-7);
        return sql
            .Replace("${code:sqlstring}", Quote(code), StringComparison.Ordinal)
            .Replace("${domain:sqlstring}", "''", StringComparison.Ordinal)
            .Replace("$__timeFilter(at)", $"at BETWEEN '{weekAgo:O}' AND '{now:O}'", StringComparison.Ordinal)
            .Replace("$__unixEpochFrom()", Seconds(weekAgo), StringComparison.Ordinal)
            .Replace("$__unixEpochTo()", Seconds(now), StringComparison.Ordinal);
    }

    /// <summary>Returns a text as Grafana formats it for SQL.</summary>
    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Seconds(DateTimeOffset time) =>
        time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static async Task<string?> RefusalOfAsync(NpgsqlConnection grafana, string sql) =>
        (await Assert.ThrowsAsync<PostgresException>(() => ReadAsync(grafana, sql))).SqlState;

    private static async Task<List<string>> ReadAsync(NpgsqlConnection grafana, string sql)
    {
#pragma warning disable CA2100 // The statement is that of a panel, or a constant of a test.
        await using var command = new NpgsqlCommand(sql, grafana);
#pragma warning restore CA2100
        await using var row = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await row.ReadAsync())
        {
            var values = new object[row.FieldCount];
            row.GetValues(values);
            rows.Add(string.Join(" | ", values.Select(value =>
                string.Create(CultureInfo.InvariantCulture, $"{value}"))));
        }

        return rows;
    }
}
