using System.Net;

namespace Terse.Harness;

/// <summary>
/// A client that creates links and changes their targets again and again. Each change names the version that
/// it replaces (If-Match). So a change without a response cannot be applied after a later change.
/// </summary>
internal sealed class ChangingClient(HistoryRequests requests, ChangedLinks links, int seed)
{
    private const int Links = 4;

    private readonly Random _random = new(seed);

    /// <summary>The entity tag of each link of this client, and the number of its last change.</summary>
    private readonly List<(string Code, string Tag, int Number)> _own = [];

    public async Task RunAsync(CancellationToken ended)
    {
        for (var number = 0; !ended.IsCancellationRequested; number++)
        {
            if (_own.Count < Links)
                await CreateAsync($"m-{seed}-{number}");
            else
                await ChangeAsync(_random.Next(_own.Count));
            for (var follow = 0; follow < 4; follow++)
            {
                if (links.PickCode(_random) is { } code)
                    await FollowAsync(requests.AnyServer(_random), code);
            }
        }
    }

    /// <summary>Follows a link and records the response. Returns the target, or null.</summary>
    public async Task<string?> FollowAsync(TestServer server, string code)
    {
        var (begun, before) = (TimeProvider.System.GetTimestamp(), server.Disturbances);
        using var request = HistoryRequests.Get(code);
        using var answer = await requests.SendAsync(
            server, request, HistoryRequests.Timeout, HttpStatusCode.Found);
        if (answer?.StatusCode != HttpStatusCode.Found)
            return null;
        var target = answer.Headers.Location!.OriginalString;

        // A request waits while its server is suspended, so its age says nothing about the answer.
        if (before % 2 == 0 && before == server.Disturbances)
            links.Follow(code, target, begun);
        return target;
    }

    private async Task CreateAsync(string code)
    {
        using var request = HistoryRequests.WithJson(
            HttpMethod.Post, "/api/v1/links", new { target = ChangedLinks.TargetOf(code, 0), code });
        using var answer = await requests.SendAsync(
            requests.AnyServer(_random), request, HistoryRequests.Timeout, HttpStatusCode.Created);
        if (answer?.StatusCode != HttpStatusCode.Created)
            return;
        links.Add(code);
        _own.Add((code, answer.Headers.ETag!.ToString(), 0));
    }

    private async Task ChangeAsync(int index)
    {
        var (code, tag, number) = _own[index];
        number++;
        links.Request(code, number);
        using var request = HistoryRequests.WithJson(
            HttpMethod.Patch, $"/api/v1/links/{code}", new { target = ChangedLinks.TargetOf(code, number) });
        request.Headers.TryAddWithoutValidation("If-Match", tag);
        using var answer = await requests.SendAsync(
            requests.AnyServer(_random),
            request,
            HistoryRequests.Timeout,
            HttpStatusCode.OK,
            HttpStatusCode.PreconditionFailed);
        if (answer?.StatusCode == HttpStatusCode.OK)
        {
            links.Acknowledge(code, number);
            tag = answer.Headers.ETag!.ToString();
        }
        else if (answer?.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            tag = await ReadTagAsync(code) ?? tag; // An earlier change without a response was applied.
        }

        _own[index] = (code, tag, number);
    }

    private async Task<string?> ReadTagAsync(string code)
    {
        using var request = HistoryRequests.Get($"/api/v1/links/{code}");
        request.Headers.Add("Terse-Changed-At", "0"); // Reads from the primary.
        using var answer = await requests.SendAsync(
            requests.AnyServer(_random), request, HistoryRequests.Timeout, HttpStatusCode.OK);
        return answer?.Headers.ETag?.ToString();
    }
}
