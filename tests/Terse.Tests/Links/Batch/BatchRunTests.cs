using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Domains;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class BatchRunTests
{
    [Fact]
    public async Task An_unexpected_error_is_the_result_of_its_item_alone_and_is_logged()
    {
        using var log = new KeptLog();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(log));
        await using var services = new ServiceCollection()
            .AddSingleton(Options.Create(new AccessOptions()))
            .BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = services };
        context.Request.Headers.Host = "example.com";
        context.Connection.LocalIpAddress = IPAddress.Loopback;
        context.Features.Set(Caller.Server);
        // Without its parts, the run fails in a way that nobody expects.
        var run = new BatchRun(
            creator: null!,
            changer: null!,
            reader: null!,
            new DomainMap(Options.Create(new DomainOptions())),
            limits: null!,
            factory.CreateLogger<BatchRun>(),
            context,
            key: null);
        var deletion = run.Read(JsonSerializer.SerializeToElement(new { op = "delete", code = "a" }));
        var wrong = run.Read(JsonSerializer.SerializeToElement(new { op = "delete" }));

        var failed = await run.RunAsync(deletion, 7, default);
        var refused = await run.RunAsync(wrong, 8, default);
        Assert.Equal((500, "urn:problem-type:terse:unexpected"), (failed.Status, failed.Problem?.Type));
        Assert.Equal(400, refused.Status);
        Assert.Contains("item 7 of a batch", Assert.Single(log.Lines), StringComparison.Ordinal);
    }
}
