using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Harness;

namespace Terse.Tests.Web;

/// <summary>
/// Sends requests with random mistakes through real connections. A failure prints the request and its seed.
/// </summary>
public sealed partial class RequestFuzzTests
{
    private const int Requests = 2000;

    /// <summary>The request that follows each request with mistakes.</summary>
    private const string Last = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const string Headers =
        "Host: s.example.org\r\nReferer: https://r.example/x\r\nUser-Agent: Mozilla/5.0\r\n"
        + "Accept: text/html\r\nIf-Match: \"1-2\", W/\"x\"\r\nIf-None-Match: \"1-2\", *\r\nDNT: 0\r\n"
        + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
        + "CF-IPCountry: KR\r\nX-Forwarded-For: 1.2.3.4, 2001:db8::1\r\nIdempotency-Key: k\r\n"
        + "X-Forwarded-Proto: https\r\nX-Forwarded-Host: s.example.org\r\nX-Forwarded-Prefix: /go\r\n"
        + "Forwarded: for=\"[2001:db8::1]:80\";proto=https, for=_x;host=s.example.org\r\n"
        + "Terse-Changed-At: x\r\n";

    private static readonly int Seed = TestVariable.Read("TERSE_SEED", Random.Shared.Next());

    private static readonly string[] Lines =
    [
        "GET /abc", "HEAD /0ODgeK8", "GET /abc+", "GET /", "GET /01M2AS3D8A9B7C6D5E4F3G2H1J",
        "GET /019a3f7e-3c5b-7d2e-8f1a-0123456789ab", "GET /api/v1/links/abc?domain=s.example.org",
        "DELETE /api/v1/links/abc", "POST /api/v1/links", "PATCH /api/v1/links/abc", "GET /readyz",
        "GET /api/v1/visits?from=2026-11-22&to=2026-11-22T08:30:00%2B01:00&by=day&zone=Europe/Vienna",
        "GET /api/v1/visits/list?cursor=AAAAAAAAAAAAAAAAAAAAAA&limit=10&bots=true",
        "GET /api/v1/links/abc/visits/list?cursor=AAABmqFKZ0AAAAAAAAAAAQ",
    ];

    private static readonly string[] Bodies =
    [
        """{"target": "https://u:p@b\u00fc.example:80/a?b#c", "code": "abc", "domain": "s.example.org"}""",
        """{"target": "http://[::1]/", "expiresAt": "2027-01-31T18:00:00+01:00", "maxVisits": 99999999999}""",
        """{"maxVisits": null, "expiresAt": null}""",
    ];

    /// <summary>Texts that parsers of HTTP, URLs, times, numbers and JSON treat specially.</summary>
    private static readonly string[] Pieces =
    [
        "%", "%00", "%2", "%ff", "%C3%BC", "%2e%2e", "..", "//", "\\", "@", ":", ":99999", "[", "]", "[::",
        "xn--", "xn--a-0", "\0", "\r\n", "\t", " ", "\"", "'", "{", "}", "[[[[", ",", "=", "&", "?", "#", "+",
        "-", "9999", "-1", "99999999999999999999", "1e999", "0x", "NaN", "T24:00", "Z", "\\ud800", "\\u0000",
        "\u00e4\u00ff", "W/", "*", ";", "AAAAAAAAAAAAAAAAAAAAAB", "_____________________w", "Europe/",
        "zone=../etc", "null", "true", "\u0001", "\u007f", "Content-Length: 5\r\n", "Host: y\r\n",
        "Transfer-Encoding: chunked\r\n",
    ];

    [Fact]
    public async Task No_request_is_answered_with_a_server_error_or_logged_as_a_problem()
    {
        await using var server = await TerseServer.StartAsync(
            ("Domains:Default", "go.example.com"),
            ("Domains:Others:0", "s.example.org"),
            ("Links:AllowCredentials", "true"),
            ("Codes:Opaque", "true"),
            ("Codes:Secret", new string('s', 32)),
            ("Visits:CountryHeader", "CF-IPCountry"),
            ("Proxies:Trusted:0", "127.0.0.0/8"),
            ("Proxies:Headers", Seed % 2 == 0 ? "X-Forwarded" : "Forwarded"));
        await server.BlockAsync("spam.example");
        using var log = new KeptLog();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        var answered = 0;
        var all = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        await Parallel.ForAsync(0, Requests, all, async (number, _) =>
        {
            var random = new Random(Seed + number);
            var request = Mutate(NewRequest(random), random);
            var answer = await SendAsync(server, request);
            Assert.False(ServerError().IsMatch(answer), $"TERSE_SEED={Seed + number}: {request}\n{answer}");
            if (answer.Length > 0)
                Interlocked.Increment(ref answered);
        });

        Assert.Empty(log.Lines);
        Assert.InRange(answered, Requests / 2, Requests);
    }

    private static string NewRequest(Random random)
    {
        var line = Pick(Lines, random);
        var body = line[0] == 'P' ? Pick(Bodies, random) : "";
        var type = body.Length > 0 ? "Content-Type: application/json; charset=utf-8\r\n" : "";
        return $"{line} HTTP/1.1\r\n{Headers}{type}Content-Length: {body.Length}\r\n\r\n{body}";
    }

    /// <summary>
    /// Makes one to four random changes to a text. Each change inserts, overwrites, deletes or repeats a part
    /// of the text.
    /// </summary>
    private static string Mutate(string text, Random random)
    {
        for (var mutations = random.Next(1, 5); mutations > 0; mutations--)
        {
            // Half of the mutations change the first line, because most parsers read a part of this line.
            var end = random.Next(2) == 0 ? text.Length : text.IndexOf('\r', StringComparison.Ordinal) + 1;
            var at = random.Next(end + 1);
            var length = Math.Min(random.Next(1, 9), text.Length - at);
            text = random.Next(5) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, text.Substring(at, length)),
                2 => text.Remove(at, length).Insert(at, ((char)random.Next(256)).ToString()),
                _ => text.Insert(at, Pick(Pieces, random)),
            };
        }

        return text;
    }

    /// <summary>
    /// Sends a request and a valid request behind it, and returns the answers. If the server waits for more
    /// bytes, the client closes its sending direction of the connection.
    /// </summary>
    private static async Task<string> SendAsync(TerseServer server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await using var closing = limit.Token.Register(() => EndSending(client.Client));
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request + Last), CancellationToken.None);
            return await reader.ReadToEndAsync(CancellationToken.None);
        }
        catch (IOException)
        {
            return ""; // The server has reset the connection, because it did not read the whole request.
        }
    }

    private static void EndSending(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server has reset the connection.
        }
    }

    /// <summary>Matches every status from 500, except 505 for an unknown version of HTTP.</summary>
    [GeneratedRegex(
        @"^HTTP/1\.1 5(0[0-46-9]|[1-9])",
        RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ServerError();

    private static T Pick<T>(T[] values, Random random) => values[random.Next(values.Length)];
}
