using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Terse.Access;

namespace Terse.Tests.Access;

public sealed class FailedKeysTests
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();
    private readonly FailedKeys _keys;

    public FailedKeysTests()
    {
        var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _keys = new(
            new ChangeableOptions<LimitOptions>(new() { FailedKeysPerAddress = 2 }),
            new LimitMetrics(services.GetRequiredService<IMeterFactory>()),
            _time);
    }

    [Fact]
    public void An_address_that_has_sent_too_many_wrong_keys_must_wait()
    {
        Assert.True(_keys.TryAcquire(Address, out _));
        Assert.True(_keys.TryAcquire(Address, out _));
        Assert.False(_keys.TryAcquire(Address, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(30), wait);
        Assert.True(_keys.TryAcquire(IPAddress.Parse("192.0.2.2"), out _));

        _time.Advance(wait);
        Assert.True(_keys.TryAcquire(Address, out _));
    }

    [Fact]
    public void Right_keys_do_not_count()
    {
        for (var request = 0; request < 10; request++)
        {
            Assert.True(_keys.TryAcquire(Address, out _));
            _keys.TakeBack(Address);
        }
    }

    [Fact]
    public void The_answer_says_when_to_retry()
    {
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = Address } };
        while (_keys.TryAcquire(Address, out _))
            continue;
        var problem = _keys.Explain(context, TimeSpan.FromSeconds(29.5)).BodyFor(context);

        Assert.Equal(StatusCodes.Status429TooManyRequests, problem.Status);
        Assert.Equal("30", context.Response.Headers.RetryAfter);
        Assert.Equal("\"failed-keys-per-address\";q=2;w=60", context.Response.Headers["RateLimit-Policy"]);
        Assert.Equal("\"failed-keys-per-address\";r=0;t=60", context.Response.Headers["RateLimit"]);
    }

    [Fact]
    public async Task An_address_without_tries_gets_429_for_unknown_keys_and_known_keys_still_work()
    {
        await using var server = await TerseServer.StartAsync(("Limits:FailedKeysPerAddress", "2"));
        var statuses = new List<int>();
        for (var number = 0; number < 3; number++)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, new Uri("/api/v1/links", UriKind.Relative));
            request.Headers.Add("X-Api-Key", $"terse_unknown{number}_{new string('x', 32)}");
            using var response = await server.Http.SendAsync(request);
            statuses.Add((int)response.StatusCode);
            if (number == 2)
                Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        }

        using var known = await server.GetAsync("/api/v1/links");
        Assert.Equal([401, 401, 429], statuses);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
    }
}
