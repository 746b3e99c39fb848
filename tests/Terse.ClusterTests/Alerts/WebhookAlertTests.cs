using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of the alerts about events and their deliveries to webhooks.</summary>
public sealed class WebhookAlertTests(WebhookAlertFleet fleet) : AlertTests, IClassFixture<WebhookAlertFleet>
{
    /// <summary>More than the failures after which a receiver gets one request at a time.</summary>
    private const int Links = 20;

    private AlertServer Server => fleet.Servers[0];

    private HttpClient Http => Server.Process.Http;

    [Fact]
    [FiresAndEnds("TerseDispatchStalled")]
    public async Task Events_for_which_no_deliveries_can_be_created_are_noticed_until_they_are_dispatched()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var webhook = await receiver.SubscribeAsync(Http, "link");
        await FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var blocker = await fleet.Postgres.Primary.ConnectAsync();
            await using var transaction = await blocker.BeginTransactionAsync();
            await using var block = new NpgsqlCommand(
                "LOCK TABLE delivery IN SHARE ROW EXCLUSIVE MODE", blocker, transaction);
            await block.ExecuteNonQueryAsync();
            await RetryingClient.CreateAsync(Server.Process, "https://example.com/");
            await whileCaused();
            await RunStatementsAsync(fleet.Postgres.Primary, "TerseDispatchStalled");
        });
        await Eventually.IsTrueAsync(() => Task.FromResult(receiver.Accepted.Count == 1));
        await DeleteAsync(webhook);
    }

    [Fact]
    [FiresAndEnds("TerseDeliveriesLate")]
    public Task Deliveries_to_a_receiver_that_keeps_failing_are_late_until_it_works() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            var status = StatusCodes.Status500InternalServerError;
            await using var receiver = await WebhookReceiver.StartAsync((_, _) => Task.FromResult(status));
            var webhook = await receiver.SubscribeAsync(Http, "link.created");
            for (var link = 0; link < Links; link++)
                await RetryingClient.CreateAsync(Server.Process, "https://example.com/");
            await whileCaused();

            status = StatusCodes.Status204NoContent;
            await ChangeAsync(webhook, "paused");
            await ChangeAsync(webhook, "active");
            await Eventually.IsTrueAsync(
                () => Task.FromResult(receiver.Accepted.Count == Links), TimeSpan.FromMinutes(1));
            await DeleteAsync(webhook);
        });

    [Fact]
    [FiresAndEnds("TerseDeliveriesDead")]
    public Task A_receiver_that_is_gone_makes_deliveries_dead_and_the_alert_ends_by_itself() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var receiver = await WebhookReceiver.StartAsync(
                (_, _) => Task.FromResult(StatusCodes.Status410Gone));
            var webhook = await receiver.SubscribeAsync(Http, "link");
            await RetryingClient.CreateAsync(Server.Process, "https://example.com/");
            await whileCaused();
            await DeleteAsync(webhook);
        });

    [Fact]
    [FiresAndEnds("TerseWebhookPaused")]
    public Task A_paused_webhook_is_noticed_until_it_is_resumed() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var receiver = await WebhookReceiver.StartAsync();
            var webhook = await receiver.SubscribeAsync(Http, "link");
            await ChangeAsync(webhook, "paused");
            await whileCaused();
            await ChangeAsync(webhook, "active");
            await Eventually.IsTrueAsync(async () =>
                await fleet.Watch.ReadAsync("terse_webhooks{terse_webhook_state='paused'}") == 0);
            await DeleteAsync(webhook);
        });

    private async Task ChangeAsync(string webhook, string state)
    {
        using var response = await Http.PatchAsJsonAsync(UriOf(webhook), new { state });
        response.EnsureSuccessStatusCode();
    }

    private async Task DeleteAsync(string webhook)
    {
        using var response = await Http.DeleteAsync(UriOf(webhook));
        response.EnsureSuccessStatusCode();
    }

    private static Uri UriOf(string webhook) => new($"/api/v1/webhooks/{webhook}", UriKind.Relative);
}

/// <summary>One server that may send to receivers in the test process.</summary>
public sealed class WebhookAlertFleet : AlertFleet
{
    private const string Overdue = "max by (job) (terse_deliveries_overdue_seconds{job=\"terse\"})";

    /// <summary>A delivery cannot be late by minutes in a test that takes seconds.</summary>
    private protected override (string Shipped, string Replaced)[] Thresholds =>
        [($"{Overdue} > 600", $"{Overdue} > 3")];

    private protected override string[] SettingsOf(int server) =>
        ["--Webhooks:AllowedNetworks:0", "127.0.0.0/8"];
}
