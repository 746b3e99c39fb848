namespace Billing;

/// <summary>
/// Charges for the visits of links: receives the events of Terse as webhooks, and keeps a ledger in a
/// database of its own. <c>README.md</c> says how to start it, and docs/patterns.md why it is correct.
/// </summary>
internal static class Program
{
    private const string SecretSetting = "Secret";
    private const string LedgerSetting = "Ledger";

    public static async Task Main(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var secret = builder.Configuration[SecretSetting]
            ?? throw new InvalidOperationException("Set Secret to the secret of the webhook, 'whsec_…'.");
        using var ledger = new Ledger(builder.Configuration[LedgerSetting] ?? "billing.db");
        builder.Services.AddSingleton(new WebhookSignature(secret, TimeProvider.System));
        builder.Services.AddSingleton(ledger);

        await using var app = builder.Build();
        app.MapPost("/events", EventEndpoint.ReceiveAsync);
        app.MapGet("/bills", (Ledger bills) => bills.ReadAll());
        await app.RunAsync();
    }
}
