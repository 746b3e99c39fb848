using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>The published program with its shared configuration in a store with the API of S3.</summary>
public sealed class S3SourceTests
{
    private const string First = "private, max-age=1";
    private const string Second = "private, max-age=2";
    private const string Unavailable = "The shared configuration cannot be read";
    private const string Available = "can be read again";
    private const string Refused = "is wrong; the server uses nothing of it";
    private const string CopyUsed = "starts with the copy";

    [Fact]
    public async Task A_server_starts_with_the_document_and_uses_a_change_without_a_restart()
    {
        await using var store = await S3Server.StartAsync();
        using var installation = new S3Installation(store.Url, S3Server.Environment);
        store.Write(S3Installation.Key, S3Installation.Document(First));
        await using var server = await installation.ServeAsync();
        var code = await server.CreateCodeAsync("https://example.com/");
        await AssertHeaderAsync(server, code!, First);

        store.Fail(S3Fault.SlowDown, times: 2);
        store.Write(S3Installation.Key, S3Installation.Document(Second));

        await WaitForHeaderAsync(server, code!, Second);
        Assert.Equal(0, server.CountLogged(Unavailable));
    }

    [Fact]
    public async Task An_outage_and_half_written_objects_change_nothing()
    {
        await using var store = await S3Server.StartAsync();
        using var installation = new S3Installation(store.Url, S3Server.Environment);
        store.Write(S3Installation.Key, S3Installation.Document(First));
        await using var server = await installation.ServeAsync();
        var code = await server.CreateCodeAsync("https://example.com/");

        // The store is down.
        store.Fail(S3Fault.Closed);
        await WaitForLogAsync(server, Unavailable, count: 1);
        await AssertHeaderAsync(server, code!, First);
        store.Recover();
        await WaitForLogAsync(server, Available, count: 1);

        // The connection breaks inside a new document.
        store.Fail(S3Fault.HalfBody);
        store.Write(S3Installation.Key, S3Installation.Document(Second));
        await WaitForLogAsync(server, Unavailable, count: 2);
        await AssertHeaderAsync(server, code!, First);
        store.Recover();
        await WaitForHeaderAsync(server, code!, Second);

        // A program has written a half of the document.
        var document = S3Installation.Document(First);
        store.Write(S3Installation.Key, document[..(document.Length / 2)]);
        await WaitForLogAsync(server, Refused, count: 1);
        await AssertHeaderAsync(server, code!, Second);
        store.Write(S3Installation.Key, document);
        await WaitForHeaderAsync(server, code!, First);
    }

    [Fact]
    public async Task A_server_restarts_during_an_outage_from_its_copy_and_says_so()
    {
        await using var store = await S3Server.StartAsync();
        using var installation = new S3Installation(store.Url, S3Server.Environment);
        store.Write(S3Installation.Key, S3Installation.Document(First));
        string? code;
        await using (var server = await installation.ServeAsync())
        {
            code = await server.CreateCodeAsync("https://example.com/");
            Assert.Equal(0, await server.StopAsync());
            Assert.Equal(0, server.CountLogged(CopyUsed));
        }

        store.Fail(S3Fault.Closed);
        await using var restarted = await installation.ServeAsync();

        await WaitForLogAsync(restarted, CopyUsed, count: 1);
        await AssertHeaderAsync(restarted, code!, First);
        store.Write(S3Installation.Key, S3Installation.Document(Second));
        store.Recover();
        await WaitForHeaderAsync(restarted, code!, Second);
    }

    [Theory]
    [InlineData(nameof(S3Fault.Closed), "cannot be used")]
    [InlineData(nameof(S3Fault.None), "does not exist")]
    public async Task Without_document_and_copy_a_server_does_not_start(string fault, string reason)
    {
        await using var store = await S3Server.StartAsync();
        using var installation = new S3Installation(store.Url, S3Server.Environment);
        store.Fail(Enum.Parse<S3Fault>(fault));

        var result = await installation.TryServeAsync();

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith(
            $"terse cannot start: s3://{S3Server.BucketName}/{S3Installation.Key}",
            result.Errors,
            StringComparison.Ordinal);
        Assert.Contains(reason, result.ErrorLines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_made_from_an_older_version_is_not_published()
    {
        await using var store = await S3Server.StartAsync();
        using var installation = new S3Installation(store.Url, S3Server.Environment);
        Assert.Equal(0, (await installation.PublishAsync(S3Installation.Document(First))).ExitCode);
        var version = await installation.ReadVersionAsync();
        Assert.Equal(0, (await installation.PublishAsync(S3Installation.Document(Second), version)).ExitCode);

        var late = await installation.PublishAsync("{}", version);

        Assert.Equal((1, ""), (late.ExitCode, late.Output));
        Assert.StartsWith(
            $"terse config publish: version {version} was replaced by ",
            late.Errors,
            StringComparison.Ordinal);
        Assert.Equal(S3Installation.Document(Second), (await installation.RunAsync("get")).Output);
        var old = await installation.RunAsync("get", "--version", version);
        Assert.Equal(S3Installation.Document(First), old.Output);
    }

    [Fact]
    public async Task Of_people_who_publish_at_once_exactly_one_does()
    {
        await using var store = await S3Server.StartAsync();
        using var installation = new S3Installation(store.Url, S3Server.Environment);
        Assert.Equal(0, (await installation.PublishAsync("{}")).ExitCode);
        var version = await installation.ReadVersionAsync();

        var results = await Task.WhenAll(Enumerable.Range(1, 4).Select(async person =>
        {
            var document = S3Installation.Document($"private, max-age={person}");
            return (document, (await installation.PublishAsync(document, version)).ExitCode);
        }));

        var (winner, _) = Assert.Single(results, result => result.ExitCode == 0);
        Assert.Equal(winner, (await installation.RunAsync("get")).Output);
    }

    [Fact]
    public async Task A_server_uses_an_S3_server_that_others_wrote()
    {
        await using var store = await S3rver.StartAsync(S3Server.BucketName);
        using var installation = new S3Installation(store.Url, S3rver.Environment);
        Assert.Equal(0, (await installation.PublishAsync(S3Installation.Document(First))).ExitCode);
        await using var server = await installation.ServeAsync();
        var code = await server.CreateCodeAsync("https://example.com/");
        await AssertHeaderAsync(server, code!, First);

        var version = await installation.ReadVersionAsync();
        Assert.Equal(0, (await installation.PublishAsync(S3Installation.Document(Second), version)).ExitCode);

        await WaitForHeaderAsync(server, code!, Second);
        Assert.Equal(S3Installation.Document(Second), (await installation.RunAsync("get")).Output);
        var old = await installation.RunAsync("get", "--version", version);
        Assert.Equal(S3Installation.Document(First), old.Output);
        Assert.Equal(0, server.CountLogged(Unavailable));
    }

    private static async Task AssertHeaderAsync(TerseProcess server, string code, string expected) =>
        Assert.Equal(expected, await S3Installation.ReadCacheControlAsync(server, code));

    private static Task WaitForHeaderAsync(TerseProcess server, string code, string expected) =>
        Eventually.IsTrueAsync(async () =>
            await S3Installation.ReadCacheControlAsync(server, code) == expected);

    private static Task WaitForLogAsync(TerseProcess server, string text, int count) =>
        Eventually.IsTrueAsync(() => Task.FromResult(server.CountLogged(text) == count));
}
