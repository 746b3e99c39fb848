using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Links;

/// <summary>Tests of HTML titles, of public addresses, and of links with the title of their target.</summary>
public sealed class TitleTests
{
    private static readonly (string, string) Private = ("Titles:AllowPrivateNetworks", "true");

    [Theory]
    [InlineData("<title>Caf&eacute; &amp; Bar</title>", "Café & Bar")]
    [InlineData("<TITLE>\n  Two\n\twords </TITLE>", "Two words")]
    [InlineData("<!-- <title>no</title> --><script>'<title>no</title>'</script><title>yes</title>", "yes")]
    [InlineData("<body><svg><title>icon</title></svg>", null)]
    [InlineData("<title></title>", null)]
    [InlineData("<style><title>no</title></style><body><title>yes</title>", "yes")]
    [InlineData("</svg><svg/><title>yes</title>", "yes")]
    [InlineData("<title>cut o", "cut o")]
    [InlineData("", null)]
    [InlineData("\u0000\ufffd<<<", null)]
    public void The_title_of_a_document_is_one_line_without_markup(string html, string? title) =>
        Assert.Equal(title, HtmlTitle.Read(Encoding.UTF8.GetBytes(html), charset: null));

    [Fact]
    public void A_title_is_cut_to_the_length_that_a_link_may_have()
    {
        var emoji = string.Concat(Enumerable.Repeat("😀", 600));
        var title = HtmlTitle.Read(Encoding.UTF8.GetBytes($"<title>{emoji}"), "utf-8");
        Assert.Equal(string.Concat(Enumerable.Repeat("😀", LinkTexts.MaxTitle)), title);
        Assert.Null(LinkTexts.CheckTitle(title));
    }

    /// <summary>A parser would add 3,000 elements to its tree for each paragraph.</summary>
    [Fact]
    public void A_document_whose_tree_would_be_huge_is_read_in_little_memory()
    {
        var bold = string.Concat(Enumerable.Range(0, 3000).Select(number => $"<b a{number}>"));
        var html = Encoding.ASCII.GetBytes(bold + string.Concat(Enumerable.Repeat("<p>x", 8000)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(HtmlTitle.Read(html, charset: null));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64L << 20);
    }

    [Theory]
    [InlineData("93.184.216.34", 80, true)]
    [InlineData("93.184.216.34", 9090, false)]
    [InlineData("10.0.0.1", 443, false)]
    public void Titles_are_read_from_the_ports_of_web_servers(string address, int port, bool isAllowed) =>
        Assert.Equal(isAllowed, PublicAddress.IsPublicWebServer(new(IPAddress.Parse(address), port)));

    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:2800:220:1:248:1893:25c8:1946", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:93.184.216.34", true)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("2001:0:a00:1::", false)]
    public void Only_addresses_of_the_public_internet_are_public(string address, bool isPublic) =>
        Assert.Equal(isPublic, PublicAddress.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task A_link_with_the_title_auto_gets_the_title_of_its_target_at_creation_and_in_a_change()
    {
        await using var pages = PageServer.Start("<title>A page</title>"u8.ToArray());
        await using var server = await TerseServer.StartAsync(Private);
        using var created = await server.PostAsync(Body(pages.Address, "sale", "auto"));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        await Eventually.IsTrueAsync(async () => await TitleAsync(server, "sale") == "A page");

        using var renamed = await server.SendAsync(HttpMethod.Patch, "sale", """{"title": "Mine"}""");
        Assert.Equal("Mine", await TitleAsync(server, "sale"));
        using var asked = await server.SendAsync(HttpMethod.Patch, "sale", """{"title": "auto"}""");
        await Eventually.IsTrueAsync(async () => await TitleAsync(server, "sale") == "A page");
    }

    [Fact]
    public async Task A_target_that_does_not_answer_does_not_delay_the_creation()
    {
        await using var pages = PageServer.Silent();
        await using var server = await TerseServer.StartAsync(Private);
        using var created = await server.PostAsync(Body(pages.Address, "slow", "auto"));

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Null(await TitleAsync(server, "slow"));
    }

    [Fact]
    public async Task A_server_that_reads_no_titles_refuses_the_title_auto()
    {
        await using var server = await TerseServer.StartAsync(("Titles:Fetch", "false"));
        using var refused = await server.PostAsync(Body("https://example.com/", "sale", "auto"));
        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.BadRequest, "field-invalid", "title");
    }

    [Fact]
    public void Requests_beyond_the_limit_of_waiting_requests_are_dropped()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var requests = new TitleRequests(new TitleMetrics(services.GetRequiredService<IMeterFactory>()));
        var asked = new LinkChange { Title = LinkTexts.AutoTitle };
        for (var request = 0; request <= TitleRequests.MaxWaiting; request++)
            requests.AddIfAsked(asked, null!);
        Assert.Equal(TitleRequests.MaxWaiting, requests.Waiting.Count);
    }

    private static string Body(string target, string code, string title) =>
        JsonSerializer.Serialize(new { target, code, title });

    private static async Task<string?> TitleAsync(TerseServer server, string code)
    {
        using var response = await server.SendAsync(HttpMethod.Get, code);
        using var link = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return link.RootElement.TryGetProperty("title", out var title) ? title.GetString() : null;
    }
}
