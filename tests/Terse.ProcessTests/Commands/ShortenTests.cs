using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class ShortenTests
{
    /// <summary>
    /// The path of a file with 48,009 real URLs. If the file does not exist, the tests use the smaller sample
    /// in the repository.
    /// </summary>
    private static readonly string RealFile = Path.Combine(Repository.Root, "../shared/data/urls.txt");

    private static readonly string SampleFile =
        Path.Combine(AppContext.BaseDirectory, "Data/urls-sample.txt");

    [Fact]
    public async Task Every_line_of_the_sample_gets_a_code_that_leads_to_it() =>
        await AssertEveryLineLeadsToItAsync(SampleFile, expectedLines: 500);

    [Fact]
    public async Task Every_line_of_the_real_file_gets_a_code_that_leads_to_it()
    {
        if (File.Exists(RealFile))
            await AssertEveryLineLeadsToItAsync(RealFile, expectedLines: 48_009);
        else
            await AssertEveryLineLeadsToItAsync(SampleFile, expectedLines: 500);
    }

    private static async Task AssertEveryLineLeadsToItAsync(string file, int expectedLines)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var input = await File.ReadAllBytesAsync(file);
        var lines = Encoding.UTF8.GetString(input).TrimStart('\uFEFF').Split('\n');
        Assert.Equal(expectedLines, lines.Length - 1);

        var result = await ShortenAsync(server.Url, input);

        Assert.Equal(expectedLines, result.OutputLines.Length);
        Assert.Equal(expectedLines, result.OutputLines.Distinct(StringComparer.Ordinal).Count());
        await Parallel.ForAsync(0, expectedLines, async (number, _) =>
            await AssertLeadsToItAsync(server, result.OutputLines[number], lines[number]));
        AssertTailIsReported(result, lines[^1], expectedLines + 1);
    }

    private static Task<CommandResult> ShortenAsync(string server, byte[] input) =>
        Command.RunAsync(Repository.Program, ["shorten", "-", "--server", server], input);

    private static async Task AssertLeadsToItAsync(TerseProcess server, string shortUrl, string line)
    {
        var location = await server.FollowAsync(shortUrl);
        if (location == line)
            return;

        // The server stores every target unchanged and redirects to its ASCII form, in which all readers find
        // the same host. Apart from the encoding, the form of an ASCII target is the target.
        Assert.Equal(Terse.Links.TargetAscii.Of(line), location);
        if (Ascii.IsValid(line))
            Assert.Equal(Decode(line), Decode(location!));
        var code = shortUrl[(shortUrl.LastIndexOf('/') + 1)..];
        var link = await server.Http.GetFromJsonAsync<JsonElement>(
            new Uri("/api/v1/links/" + code, UriKind.Relative));
        Assert.Equal(line, link.GetProperty("target").GetString());
    }

    private static string Decode(string url) => Uri.UnescapeDataString(url).Replace('\\', '/');

    /// <summary>
    /// Checks the error message for the last line of <c>urls-sample.txt</c>, a list of URLs from real use.
    /// The last line is the incomplete URL <c>https://</c>.
    /// </summary>
    private static void AssertTailIsReported(CommandResult result, string tail, int number)
    {
        if (tail.Length == 0)
        {
            Assert.Equal((0, ""), (result.ExitCode, result.Errors));
            return;
        }

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"line {number}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_lines_are_reported_by_number_and_other_lines_keep_their_order()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        byte[] input =
        [
            .. "https://example.com/1\r\n\nnot a url\nhttps://example.com/2\n"u8,
            .. "https://example.com/"u8, 0xFF, (byte)'\n',
            .. "ftp://example.com/\nhttps://example.com/3"u8,
        ];

        var result = await ShortenAsync(server.Url, input);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(3, result.OutputLines.Length);
        for (var number = 1; number <= 3; number++)
        {
            var location = await server.FollowAsync(result.OutputLines[number - 1]);
            Assert.Equal($"https://example.com/{number}", location);
        }

        Assert.Equal(
            ["line 3", "line 5", "line 6"], result.ErrorLines.Select(line => line.Split(':')[0]));
    }

    [Fact]
    public async Task URLs_can_be_arguments_and_the_environment_can_set_the_server()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var result = await Command.RunAsync(
            Repository.Program,
            ["shorten", "https://example.com/a", "https://example.com/b"],
            environment: ("TERSE_SERVER", server.Url));

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.Equal("https://example.com/a", await server.FollowAsync(result.OutputLines[0]));
        Assert.Equal("https://example.com/b", await server.FollowAsync(result.OutputLines[1]));
    }

    [Fact]
    public async Task An_unreachable_server_is_an_error_of_every_line()
    {
        var result = await ShortenAsync(
            "http://127.0.0.1:9", "https://example.com/1\nhttps://example.com/2\n"u8.ToArray());

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Equal(2, result.ErrorLines.Length);
        Assert.All(
            result.ErrorLines, line => Assert.Contains("cannot be reached", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("503 Service Unavailable", "{}")]
    [InlineData("503 Service Unavailable", "null")]
    [InlineData("201 Created", "{}")]
    [InlineData("200 OK", "<html>")]
    public async Task A_response_that_is_not_from_Terse_is_an_error_of_its_line(string status, string body)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = $"http://{listener.LocalEndpoint}";
        var shortening = ShortenAsync(server, "https://example.com/\n"u8.ToArray());
        using (var client = await listener.AcceptTcpClientAsync())
        {
            await using var stream = client.GetStream();
            await stream.ReadExactlyAsync(new byte[100]);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n"
                + $"Content-Length: {body.Length}\r\n\r\n{body}"));
        }

        var result = await shortening;
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("line 1: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<urls", "/dev/full")]
    [InlineData("</", "/dev/null")]
    public async Task Unreadable_input_or_unwritable_output_ends_the_command_with_a_message(
        string input, string output)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder["data"]);
        await File.WriteAllLinesAsync(
            folder["urls"], Enumerable.Range(0, 1000).Select(number => $"https://example.com/{number}"));
        var shorten = $"{Repository.Program} shorten - --server {server.Url} {input} >{output}";
        var result = await Command.RunAsync("sh", ["-c", shorten], folder: folder.Path);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("terse shorten failed", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shorten")]
    [InlineData("shorten", "https://example.com/", "--server", "nowhere")]
    [InlineData("shorten", "https://example.com/", "--server", "http://127.0.0.1:9/prefix")]
    [InlineData("shorten", "https://example.com/", "--sever", "http://127.0.0.1:9")]
    public async Task A_wrong_command_line_gives_a_message(params string[] arguments)
    {
        var result = await Command.TerseAsync(arguments);

        Assert.NotEqual(0, result.ExitCode);
        Assert.NotEmpty(result.Errors);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_terminal_a_progress_bar_is_shown()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var shorten = $"{Repository.Program} shorten - --server {server.Url} <{SampleFile}";

        var result = await Command.RunAsync("script", ["-qec", shorten, "/dev/null"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("500 links", result.Output, StringComparison.Ordinal);
        Assert.Contains("] 100", result.Output, StringComparison.Ordinal);
    }
}
