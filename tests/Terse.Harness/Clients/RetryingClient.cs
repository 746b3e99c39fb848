using System.Net;

namespace Terse.Harness;

/// <summary>
/// Repeats a request while the response is 503. A slow machine must not fail a test.
/// </summary>
internal static class RetryingClient
{
    public static async Task<string> CreateAsync(TerseProcess server, string target)
    {
        string? code = null;
        await Eventually.IsTrueAsync(async () => (code = await server.CreateCodeAsync(target)) is not null);
        return code!;
    }

    /// <summary>Returns the target of a code, or null if the response is not a redirect.</summary>
    public static async Task<string?> FollowAsync(TerseProcess server, string code)
    {
        string? target = null;
        await Eventually.IsTrueAsync(async () =>
        {
            using var answer = await server.Http.GetAsync(new Uri(code, UriKind.Relative));
            target = answer.Headers.Location?.OriginalString;
            return answer.StatusCode != HttpStatusCode.ServiceUnavailable;
        });
        return target;
    }
}
