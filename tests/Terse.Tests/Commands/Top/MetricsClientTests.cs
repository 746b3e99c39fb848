using System.Text;
using Terse.Commands;
using Terse.Tests.Links;

namespace Terse.Tests.Commands;

public sealed class MetricsClientTests
{
    [Fact]
    public async Task Metrics_are_read()
    {
        await using var server = PageServer.Start(
            "target_info{service_instance_id=\"web-1\"} 1\nup{x=\"안녕\"} 1\n"u8.ToArray(), "text/plain");
        var (scrape, error) = await ReadAsync(server.Address);

        Assert.Null(error);
        Assert.Equal("안녕", Assert.Single(scrape!.Samples("up")).Label("x"));
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("go_goroutines 36\n")]
    public async Task An_answer_without_the_metrics_of_a_Terse_server_is_an_error(string answer)
    {
        await using var server = PageServer.Start(Encoding.UTF8.GetBytes(answer));

        Assert.Equal(
            "The answer is not the metrics of a Terse server.", await ReadErrorAsync(server.Address));
    }

    [Fact]
    public async Task An_answer_without_end_is_an_error()
    {
        await using var server = PageServer.Endless(Encoding.UTF8.GetBytes(new string('\n', 100_000)));

        Assert.Equal("The answer is longer than 8 MiB.", await ReadErrorAsync(server.Address));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_an_error_after_the_limit()
    {
        await using var server = PageServer.Silent();

        Assert.Equal(
            "No answer within 0.1 s.", await ReadErrorAsync(server.Address, TimeSpan.FromSeconds(0.1)));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var server = PageServer.Redirect("http://127.0.0.1:1/");

        Assert.Equal("/metrics answered with status 302.", await ReadErrorAsync(server.Address));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "The connection failed: ConnectionRefused.")]
    [InlineData("file:///etc/passwd", "The address of its metrics is wrong: file:///etc/passwd")]
    [InlineData("nonsense", "The address of its metrics is wrong: nonsense")]
    public async Task An_address_that_cannot_be_read_is_an_error(string address, string error) =>
        Assert.Equal(error, await ReadErrorAsync(address));

    private static async Task<string?> ReadErrorAsync(string address, TimeSpan? limit = null)
    {
        var (scrape, error) = await ReadAsync(address, limit);
        Assert.Null(scrape);
        return error;
    }

    private static async Task<(Scrape? Scrape, string? Error)> ReadAsync(
        string address, TimeSpan? limit = null)
    {
        using var client = new MetricsClient(limit ?? TimeSpan.FromSeconds(30), TimeProvider.System);
        return await client.ReadAsync(address, default);
    }
}
