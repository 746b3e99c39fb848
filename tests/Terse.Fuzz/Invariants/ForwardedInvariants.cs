using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Terse.Hosting;

namespace Terse.Fuzz;

/// <summary>
/// What must hold for every value of the header <c>Forwarded</c>, and of the headers <c>X-Forwarded-…</c>.
/// Each line of the text is one line of the headers.
/// </summary>
internal static class ForwardedInvariants
{
    private const int Hops = 3;

    private static readonly string[] Schemes = ["http", "https"];

    private static readonly IPAddress Proxy = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Stranger = IPAddress.Parse("192.0.2.9");

    private static readonly ForwardedRequests OfForwarded = NewMiddleware(ProxyOptions.Forwarded);
    private static readonly ForwardedRequests OfXForwarded = NewMiddleware(ProxyOptions.XForwarded);

    public static void Check(string text)
    {
        // The web server refuses requests with these characters in a header.
        var lines = new StringValues(text.Replace("\0", "", StringComparison.Ordinal).Split('\r', '\n'));
        foreach (var line in lines)
            CheckLine(line!);
        CheckLast(lines);
        foreach (var proxy in new[] { Proxy, Stranger })
        {
            CheckRequest(OfForwarded, proxy, lines);
            CheckRequest(OfXForwarded, proxy, lines);
        }
    }

    private static void CheckLine(string line)
    {
        if (!ForwardedHeader.TryParse(line, out var elements))
            return;
        Assert.InRange(elements.Count, 0, ForwardedHeader.MaxElements);
        var written = string.Join(", ", elements.Select(Write));
        Assert.True(ForwardedHeader.TryParse(written, out var again), written);
        Assert.Equal(elements, again);
    }

    /// <summary>The last elements are those of the line behind, whatever a client writes before it.</summary>
    private static void CheckLast(StringValues lines)
    {
        var last = ForwardedHeader.ReadLast(lines, Hops);
        Assert.InRange(last.Count, 0, Hops);
        if (!ForwardedHeader.TryParse(lines[^1], out var elements))
            Assert.Empty(last);
        else if (elements.Count >= Hops)
            Assert.Equal(elements[^Hops..], last);
    }

    private static string Write(ForwardedElement element)
    {
        var text = new StringBuilder("by=unknown");
        if (element.For is { } address)
        {
            var isIPv4 = address.AddressFamily == AddressFamily.InterNetwork;
            text.Append(";for=\"").Append(isIPv4 ? $"{address}" : $"[{address}]").Append('"');
        }

        if (element.Proto is { } scheme)
            text.Append(";proto=").Append(scheme);
        if (element.Host is { } host)
            text.Append(";host=\"").Append(host).Append('"');
        return text.ToString();
    }

    private static void CheckRequest(ForwardedRequests middleware, IPAddress sender, StringValues lines)
    {
        var context = new DefaultHttpContext();
        var request = context.Request;
        context.Connection.RemoteIpAddress = sender;
        request.Scheme = "http";
        request.Host = new(Installation.Host);
        request.Path = "/go/a";
        foreach (var name in new[]
        {
            "Forwarded", ForwardingHeaders.ForwardedFor, ForwardingHeaders.ForwardedProto,
            ForwardingHeaders.ForwardedHost, ForwardingHeaders.ForwardedPrefix,
        })
        {
            request.Headers[name] = lines;
        }

        Assert.True(middleware.InvokeAsync(context).IsCompletedSuccessfully);

        Assert.Contains(request.Scheme, Schemes);
        Assert.NotNull(ClientAddress.Of(context));
        Assert.All(request.PathBase.Value ?? "", character => Assert.InRange(character, '-', '~'));
        if (!sender.Equals(Stranger))
            return;
        Assert.Equal(sender, context.Connection.RemoteIpAddress);
        Assert.Equal(Installation.Host, request.Host.Value);
        Assert.Equal("http", request.Scheme);
        Assert.False(request.PathBase.HasValue);
    }

    private static ForwardedRequests NewMiddleware(string headers)
    {
        var options = new ProxyOptions { Trusted = ["10.0.0.0/8"], Hops = Hops, Headers = headers };
        var trusted = new TrustedProxies(Options.Create(options));
        return new(_ => Task.CompletedTask, trusted, options, NullLoggerFactory.Instance);
    }
}
