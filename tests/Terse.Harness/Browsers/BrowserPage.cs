using System.Collections.Concurrent;
using System.Text.Json;

namespace Terse.Harness;

/// <summary>A page of <see cref="Chromium"/>, with everything that it has requested and reported.</summary>
internal sealed class BrowserPage(Chromium browser, string session)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The URL of each request that the page has sent.</summary>
    public ConcurrentQueue<Uri> Requests { get; } = [];

    /// <summary>The status of each response, also of those that the page was not allowed to read.</summary>
    public ConcurrentQueue<int> Statuses { get; } = [];

    /// <summary>Errors and warnings of the console, uncaught exceptions, policy violations.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    /// <summary>Opens a URL and waits until the page is loaded.</summary>
    public async Task OpenAsync(Uri url)
    {
        var loaded = NextLoad();
        var answer = await browser.SendAsync(
            "Page.navigate", new() { ["url"] = url.AbsoluteUri }, session);
        if (answer.TryGetProperty("errorText", out var error))
            throw new InvalidOperationException($"{url}: {error.GetString()}");
        await loaded;
    }

    /// <summary>Waits for the next page that is loaded, for example after a form was sent.</summary>
    public Task NextLoad()
    {
        var loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _loaded, loaded);
        return loaded.Task.WaitAsync(Timeout, TimeProvider.System);
    }

    /// <summary>Ignores the content security policies of the pages that are opened later.</summary>
    public Task IgnorePoliciesAsync() =>
        browser.SendAsync("Page.setBypassCSP", new() { ["enabled"] = true }, session);

    /// <summary>Runs JavaScript, waits for its promise, and returns its value.</summary>
    /// <exception cref="InvalidOperationException">The script throws.</exception>
    public async Task<JsonElement> RunAsync(string script)
    {
        var answer = await browser.SendAsync(
            "Runtime.evaluate",
            new() { ["expression"] = script, ["awaitPromise"] = true, ["returnByValue"] = true },
            session);
        if (answer.TryGetProperty("exceptionDetails", out var exception))
            throw new InvalidOperationException(exception.ToString());
        return answer.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    /// <summary>Receives an event of the browser.</summary>
    public void Receive(string name, JsonElement data)
    {
        switch (name)
        {
            case "Page.loadEventFired":
                Volatile.Read(ref _loaded).TrySetResult();
                break;
            case "Network.requestWillBeSent":
                Requests.Enqueue(new Uri(data.GetProperty("request").GetProperty("url").GetString()!));
                break;
            case "Network.responseReceivedExtraInfo":
                Statuses.Enqueue(data.GetProperty("statusCode").GetInt32());
                break;
            case "Log.entryAdded" when IsComplaint(data.GetProperty("entry").GetProperty("level")):
            case "Runtime.consoleAPICalled" when IsComplaint(data.GetProperty("type")):
            case "Runtime.exceptionThrown":
            case "Audits.issueAdded" when data.ToString().Contains(
                "ContentSecurityPolicyIssue", StringComparison.Ordinal):
                Complaints.Enqueue($"{name}: {data}");
                break;
        }
    }

    private static bool IsComplaint(JsonElement level) =>
        level.GetString() is "error" or "warning" or "assert";
}
