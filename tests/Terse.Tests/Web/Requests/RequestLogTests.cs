using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Tests.Web;

public sealed class RequestLogTests : IDisposable
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly KeptLog _lines = new(LogLevel.Information);

    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData(503, 5, false, "GET without a route was answered with 503 after 5 ms.")]
    [InlineData(500, 1000, true, "GET without a route was answered with 500 after 1000 ms.")]
    [InlineData(302, 1000, false, "GET without a route was answered with 302 after 1000 ms.")]
    [InlineData(404, 999, true, "GET without a route was answered with 404 after 999 ms.")]
    [InlineData(404, 999, false, null)]
    [InlineData(302, 0, false, null)]
    public void Failed_slow_and_chosen_requests_leave_a_line(
        int status, int milliseconds, bool isChosen, string? expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Path = "/secret";
        context.Response.StatusCode = status;

        NewLog(share: 0).Write(context, TimeSpan.FromMilliseconds(milliseconds), isChosen);

        Assert.Equal(expected is null ? [] : [expected], _lines.Lines);
    }

    [Fact]
    public void A_method_that_a_client_invents_is_not_logged()
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "PASSWORD";

        NewLog(share: 0).Write(context, Slow, isChosen: false);

        Assert.StartsWith("_OTHER ", Assert.Single(_lines.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 10_000, 10_000)]
    [InlineData(0.1, 700, 1300)]
    public void The_share_of_chosen_requests_is_the_setting(double share, int from, int to)
    {
        var log = NewLog(share);

        Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => log.TakeShare()), from, to);
    }

    private RequestLog NewLog(double share)
    {
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(_lines));
        return new(
            new ChangeableOptions<TelemetryOptions>(new() { SlowRequest = Slow, RequestLogShare = share }),
            loggers.CreateLogger<RequestLog>());
    }
}
