using System.Net;
using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>Follows one link again and again, as visitors behind a load balancer do.</summary>
internal static class LinkClient
{
    /// <summary>
    /// Asks a server to stop while visitors follow a link, until the server says that it is not ready, as a
    /// load balancer does. Returns the number of redirects; each other answer fails the test.
    /// </summary>
    public static async Task<int> FollowUntilUnreadyAsync(TerseProcess server, string code)
    {
        var followed = 0;
        var isStopping = false;
        while (true)
        {
            using var ready = await server.Http.GetAsync(new Uri("/readyz", UriKind.Relative));
            if (ready.StatusCode == HttpStatusCode.ServiceUnavailable)
                break;
            using var redirect = await server.Http.GetAsync(new Uri(code, UriKind.Relative));
            Assert.Equal(HttpStatusCode.Found, redirect.StatusCode);
            followed++;
            if (followed >= 100 && !isStopping)
            {
                server.RequestStop();
                isStopping = true;
            }
        }

        Assert.True(isStopping);
        using var last = await server.Http.GetAsync(new Uri(code, UriKind.Relative));
        Assert.Equal(HttpStatusCode.Found, last.StatusCode);
        return followed + 1;
    }
}
