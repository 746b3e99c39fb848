using Microsoft.AspNetCore.Http;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class ForwardingHeadersTests
{
    [Theory]
    [InlineData("Forwarded")]
    [InlineData("X-Forwarded-For")]
    [InlineData("x-forwarded-port")]
    [InlineData("X-Forwarded")]
    [InlineData("X-Original-For")]
    [InlineData("X-Real-IP")]
    [InlineData("Via")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("True-Client-IP")]
    [InlineData("Fastly-Client-IP")]
    public void A_header_that_proxies_add_is_a_sign_of_a_proxy(string name)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["Host"] = "localhost";
        context.Request.Headers["X-Forward"] = "x";
        context.Request.Headers["User-Agent"] = "Via";
        Assert.False(ForwardingHeaders.ArePresent(context.Request));

        context.Request.Headers[name] = "";
        context.Request.Headers.Append(name, "x");
        Assert.True(ForwardingHeaders.ArePresent(context.Request));
    }

    [Fact]
    public void A_connection_with_the_PROXY_protocol_is_a_sign_of_a_proxy()
    {
        var context = new DefaultHttpContext();
        context.Features.Set(ProxiedConnection.Instance);

        Assert.True(ForwardingHeaders.ArePresent(context.Request));
    }
}
