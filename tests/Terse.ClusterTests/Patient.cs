using System.Net;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Asks again where it is told to come back later, since a slow machine is no false answer.
/// </summary>
internal static class Patient
{
    public static async Task<string> CreateAsync(TerseProcess server, string target)
    {
        string? code = null;
        await Eventually.IsSoAsync(async () => (code = await server.CreateCodeAsync(target)) is not null);
        return code!;
    }

    /// <summary>Where a code leads, null where it is not found.</summary>
    public static async Task<string?> FollowAsync(TerseProcess server, string code)
    {
        string? target = null;
        await Eventually.IsSoAsync(async () =>
        {
            using var answer = await server.Http.GetAsync(new Uri(code, UriKind.Relative));
            target = answer.Headers.Location?.OriginalString;
            return answer.StatusCode != HttpStatusCode.ServiceUnavailable;
        });
        return target;
    }
}
