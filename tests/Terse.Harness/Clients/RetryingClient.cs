using System.Net;

namespace Terse.Harness;

/// <summary>
/// Repeats each request while the server responds with 503, because an overloaded test machine must not make
/// a test fail.
/// </summary>
internal static class RetryingClient
{
    public static async Task<string> CreateAsync(TerseProcess server, string target)
    {
        string? code = null;
        await Eventually.IsTrueAsync(async () => (code = await server.CreateCodeAsync(target)) is not null);
        return code!;
    }

    /// <summary>Follows a code and returns the target, or null if the response is not a redirect.</summary>
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
