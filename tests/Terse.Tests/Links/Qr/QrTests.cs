using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Xml.Linq;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class QrTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TerseServer.StartAsync(
            ("Domains:Default", "go.example"), ("Domains:Others:0", "b.example"));
        await _server.CreateCodeAsync("https://example.com/", "a");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("", 300)]
    [InlineData("?size=64&margin=0", 64)]
    [InlineData("?size=2048&margin=16&level=h", 2048)]
    [InlineData("?size=301&dark=1A2B3c&light=%23ffeedd", 301)]
    [InlineData("?light=transparent&size=", 300)]
    public async Task Both_formats_have_exactly_the_size(string query, int size)
    {
        using var svg = await _server.GetAsync("/api/v1/links/a/qr.svg" + query);
        using var png = await _server.GetAsync("/api/v1/links/a/qr.png" + query);
        var root = XDocument.Parse(await svg.Content.ReadAsStringAsync()).Root!;
        var bytes = await png.Content.ReadAsByteArrayAsync();

        Assert.Equal("image/svg+xml", svg.Content.Headers.ContentType?.MediaType);
        Assert.Equal((size, size), ((int)root.Attribute("width")!, (int)root.Attribute("height")!));
        Assert.Equal("image/png", png.Content.Headers.ContentType?.MediaType);
        Assert.Equal([0x89, .. "PNG"u8], bytes[..4]);
        Assert.Equal(size, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)));
        Assert.Equal(size, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20)));
    }

    [Theory]
    [InlineData("https://go.example/a", "")]
    [InlineData("https://go.example/a", "size=64 margin=0 level=L")]
    [InlineData("https://go.example/a", "size=333 level=H")]
    [InlineData("https://go.example/%EA%B5%AC%EA%B8%80", "level=Q margin=9")]
    [InlineData("http://127.0.0.1:8080/0ODgeK8", "size=1000 level=M")]
    public void Another_library_reads_the_short_URL_from_both_formats(string text, string parameters)
    {
        var given = parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(one => one.Split('=')[0], one => one.Split('=')[1]);
        Assert.True(QrStyle.TryRead(name => given.GetValueOrDefault(name), out var style, out _));

        Assert.True(QrImage.TryDraw(text, style, QrFormat.Svg, out var svg));
        Assert.Equal(text, QrReader.ReadSvg(Encoding.UTF8.GetString(svg)));
        Assert.True(QrImage.TryDraw(text, style, QrFormat.Png, out var png));
        Assert.Equal(text, QrReader.ReadPng(png));
    }

    [Theory]
    [InlineData("size=63", "size")]
    [InlineData("size=2049", "size")]
    [InlineData("size=%2B300", "size")]
    [InlineData("size=a", "size")]
    [InlineData("margin=17", "margin")]
    [InlineData("margin=-1", "margin")]
    [InlineData("level=X", "level")]
    [InlineData("level=LM", "level")]
    [InlineData("dark=red", "dark")]
    [InlineData("dark=transparent", "dark")]
    [InlineData("dark=12345g", "dark")]
    [InlineData("light=%22/%3E%3Cscript", "light")]
    [InlineData("dark=FFFFFF", "light")]
    [InlineData("size=300&size=400", "size")]
    public async Task A_parameter_that_is_out_of_range_is_refused(string query, string field)
    {
        using var response = await _server.GetAsync("/api/v1/links/a/qr.svg?" + query);
        using var image = await _server.GetAsync("/a.qr?" + query);

        foreach (var refused in new[] { response, image })
        {
            await ProblemAssert.AssertProblemAsync(
                refused, HttpStatusCode.BadRequest, "query-invalid", field);
        }
    }

    [Fact]
    public async Task An_unchanged_image_is_not_sent_again_and_other_images_have_other_tags()
    {
        var paths = new[]
        {
            "/api/v1/links/a/qr.svg", "/api/v1/links/a/qr.png", "/api/v1/links/a/qr.svg?size=301",
            "/api/v1/links/a/qr.svg?level=L", "/api/v1/links/a/qr.svg?dark=111111",
        };
        var tags = new List<string>();
        foreach (var path in paths)
        {
            using var first = await _server.GetAsync(path);
            tags.Add(first.Headers.ETag!.ToString());
            using var again = await _server.SendAsync(
                HttpMethod.Get, path["/api/v1/links/".Length..], body: null, ("If-None-Match", tags[^1]));

            Assert.Equal("max-age=3600, private", first.Headers.CacheControl?.ToString());
            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
            Assert.Equal(tags[^1], again.Headers.ETag?.ToString());
            Assert.Empty(await again.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal(tags.Count, tags.Distinct().Count());
    }

    [Fact]
    public async Task The_image_after_a_code_can_be_cached_by_everybody()
    {
        using var image = await _server.GetAsync("/a.qr?size=128");

        Assert.Equal("image/png", image.Content.Headers.ContentType?.MediaType);
        Assert.Equal("public, max-age=3600", image.Headers.CacheControl?.ToString());
        Assert.NotNull(image.Headers.ETag);
    }

    [Fact]
    public async Task Links_that_do_not_exist_have_no_image()
    {
        await _server.CreateCodeAsync("https://example.com/", "gone");
        (await _server.SendAsync(HttpMethod.Delete, "gone")).Dispose();
        using var unknown = await _server.GetAsync("/api/v1/links/none/qr.svg");
        using var deleted = await _server.GetAsync("/api/v1/links/gone/qr.png");
        using var elsewhere = await _server.GetAsync("/api/v1/links/a/qr.svg?domain=b.example");
        using var wrongDomain = await _server.GetAsync("/api/v1/links/a/qr.svg?domain=c.example");

        await ProblemAssert.AssertProblemAsync(unknown, HttpStatusCode.NotFound, "link-not-found", "code");
        await ProblemAssert.AssertProblemAsync(deleted, HttpStatusCode.Gone, "link-deleted", "code");
        await ProblemAssert.AssertProblemAsync(elsewhere, HttpStatusCode.NotFound, "link-not-found", "code");
        await ProblemAssert.AssertProblemAsync(
            wrongDomain, HttpStatusCode.BadRequest, "domain-unknown", "domain");
    }

    [Fact]
    public void A_text_that_is_too_long_for_the_level_or_the_size_is_not_drawn()
    {
        var text = "https://go.example/" + new string('x', 1_500);

        Assert.True(QrImage.TryDraw(text, QrStyle.Default, QrFormat.Svg, out _));
        Assert.False(QrImage.TryDraw(text, QrStyle.Default with { Level = 'H' }, QrFormat.Svg, out _));
        Assert.False(QrImage.TryDraw(text, QrStyle.Default with { Size = 64 }, QrFormat.Png, out _));
    }

    [Fact]
    public async Task The_longest_code_has_an_image_of_the_default_style()
    {
        var code = string.Concat(Enumerable.Repeat("🍞", 128));
        await _server.CreateCodeAsync("https://example.com/", code);
        using var response = await _server.GetAsync($"/api/v1/links/{Uri.EscapeDataString(code)}/qr.png");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
