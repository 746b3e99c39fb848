using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class TitleFetcherTests
{
    private static readonly byte[] Page = "<!doctype html><title>A page</title><p>Text"u8.ToArray();

    [Fact]
    public async Task The_title_of_an_html_page_is_read()
    {
        await using var server = PageServer.Start(Page, "text/html; charset=utf-8");
        using var fetcher = NewFetcher();
        Assert.Equal("A page", await fetcher.FetchAsync(server.Address, default));
    }

    [Theory]
    [InlineData("text/html; charset=euc-kr", "")]
    [InlineData("text/html", "<meta charset='euc-kr'>")]
    [InlineData("text/html; charset=unheard-of", "<meta charset=EUC-KR>")]
    public async Task A_title_in_another_charset_is_read(string type, string meta)
    {
        var korean = CodePagesEncodingProvider.Instance.GetEncoding("euc-kr")!;
        await using var server = PageServer.Start(
            korean.GetBytes($"<html><head>{meta}<title>서울의 날씨</title>"), type);
        using var fetcher = NewFetcher();
        Assert.Equal("서울의 날씨", await fetcher.FetchAsync(server.Address, default));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/pdf")]
    public async Task A_target_of_another_type_has_no_title(string type)
    {
        await using var server = PageServer.Start(Page, type);
        using var fetcher = NewFetcher();
        Assert.Null(await fetcher.FetchAsync(server.Address, default));
    }

    [Fact]
    public async Task A_target_that_is_not_on_the_web_has_no_title()
    {
        using var fetcher = NewFetcher();
        Assert.Null(await fetcher.FetchAsync("mailto:someone@example.com", default));
    }

    [Fact]
    public async Task Redirects_are_followed()
    {
        await using var page = PageServer.Start(Page);
        await using var server = PageServer.Redirect(page.Address);
        using var fetcher = NewFetcher();
        Assert.Equal("A page", await fetcher.FetchAsync(server.Address, default));
    }

    [Fact]
    public async Task The_address_is_checked_again_after_a_redirect()
    {
        var forbidden = IPAddress.Parse("127.0.0.2");
        await using var page = PageServer.Start(Page, address: forbidden);
        await using var server = PageServer.Redirect(page.Address);
        using var fetcher = NewFetcher(end => !end.Address.Equals(forbidden));
        await Assert.ThrowsAsync<HttpRequestException>(() => fetcher.FetchAsync(server.Address, default));
        Assert.Equal((1, 0), (server.Connections, page.Connections));
    }

    [Fact]
    public async Task An_address_that_is_not_public_gets_no_connection_however_it_is_written()
    {
        await using var server = PageServer.Start(Page);
        var port = new Uri(server.Address).Port;
        using var fetcher = NewFetcher(end => PublicAddress.IsPublic(end.Address));
        foreach (var host in new[] { "127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]" })
        {
            await Assert.ThrowsAsync<HttpRequestException>(
                () => fetcher.FetchAsync($"http://{host}:{port}/", default));
        }

        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Only_the_start_of_an_endless_page_is_read()
    {
        await using var server = PageServer.Endless(Page);
        using var fetcher = NewFetcher();
        Assert.Equal("A page", await fetcher.FetchAsync(server.Address, default));
    }

    [Fact]
    public async Task A_target_that_does_not_answer_is_given_up_after_2_seconds()
    {
        await using var server = PageServer.Silent();
        var time = new FakeTimeProvider();
        using var fetcher = new TitleFetcher(_ => true, time);
        var fetching = fetcher.FetchAsync(server.Address, default);
        await Eventually.IsTrueAsync(() => Task.FromResult(server.Connections == 1));

        time.Advance(TitleFetcher.Timeout - TimeSpan.FromTicks(1));
        Assert.False(fetching.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching);
    }

    private static TitleFetcher NewFetcher(Func<IPEndPoint, bool>? isAllowed = null) =>
        new(isAllowed ?? (_ => true), TimeProvider.System);
}
