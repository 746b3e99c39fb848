using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class S3ObjectsTests : ObjectStoreContract
{
    private const string Folder = "production/eu/";
    private const string Key = Folder + "terse.json";

    private S3Server? _server;
    private S3Objects? _store;

    private S3Server Server => _server!;

    private protected override IObjectStore Store => _store!;

    public override async ValueTask InitializeAsync()
    {
        // The credentials of the AWS SDK; no other test uses them.
        foreach (var (name, value) in S3Server.Environment)
            Environment.SetEnvironmentVariable(name, value);
        _server = await S3Server.StartAsync(pageSize: 2);
        _store = NewStore(_server);
    }

    protected override async ValueTask CloseAsync()
    {
        _store!.Dispose();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task An_object_has_the_folder_in_its_key_and_another_folder_is_not_listed()
    {
        await WriteAsync("1");
        Server.Write("terse.json", "other");
        Server.Write("production/us/terse.json", "other");

        Assert.NotNull(Server.Bucket.Find(Key));
        Assert.Equal(["terse.json"], await Store.ListAsync("", default));
    }

    [Theory]
    [InlineData(nameof(S3Fault.SlowDown))]
    [InlineData(nameof(S3Fault.InternalError))]
    [InlineData(nameof(S3Fault.Closed))]
    public async Task A_call_that_fails_twice_is_repeated(string fault)
    {
        Server.Fail(Enum.Parse<S3Fault>(fault), times: 2);
        var tag = await WriteAsync("1");
        Server.Fail(Enum.Parse<S3Fault>(fault), times: 2);

        Assert.Equal("1", await ReadAsync());
        Server.Fail(Enum.Parse<S3Fault>(fault), times: 2);
        Assert.Null((await Store.ReadAsync("terse.json", tag, default))!.Content);
        Server.Fail(Enum.Parse<S3Fault>(fault), times: 2);
        Assert.Equal(["terse.json"], await Store.ListAsync("", default));
    }

    /// <summary>The SDK repeats the write, and the store refuses it because of the first one.</summary>
    [Fact]
    public async Task A_write_whose_answer_was_lost_is_a_write()
    {
        Server.Fail(S3Fault.LostAnswer, times: 1);
        var tag = await WriteAsync("1");
        Server.Fail(S3Fault.LostAnswer, times: 1);
        await WriteAsync("2", tag);

        Assert.Equal("2", await ReadAsync());
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_none_if_another_writer_was_faster()
    {
        Server.Write(Key, "1");
        Server.Fail(S3Fault.LostAnswer, times: 1);

        Assert.False(await Store.WriteAsync("terse.json", Bytes("1"), replacedTag: null, default));
    }

    [Fact]
    public async Task A_write_that_conflicts_with_another_one_in_progress_writes_nothing()
    {
        Server.Fail(S3Fault.Conflict, times: 1);

        Assert.False(await Store.WriteAsync("terse.json", Bytes("1"), replacedTag: null, default));
        Assert.Null(await ReadAsync());
    }

    [Theory]
    [InlineData(nameof(S3Fault.SlowDown))]
    [InlineData(nameof(S3Fault.InternalError))]
    [InlineData(nameof(S3Fault.Closed))]
    [InlineData(nameof(S3Fault.HalfBody))]
    public async Task An_outage_is_an_error_until_it_ends(string fault)
    {
        Server.Write(Key, "half and half");
        Server.Fail(Enum.Parse<S3Fault>(fault));

        var exception = await Assert.ThrowsAsync<SourceUnavailableException>(ReadAsync);

        Assert.StartsWith($"s3://{S3Server.BucketName}/{Key} ", exception.Message, StringComparison.Ordinal);
        Server.Recover();
        Assert.Equal("half and half", await ReadAsync());
    }

    [Fact]
    public async Task A_store_that_does_not_answer_or_stops_in_an_answer_is_an_error_within_the_time_limit()
    {
        await using var stalled = await S3Server.StartAsync();
        using var store = NewStore(stalled);
        stalled.Write(Key, "half and half");
        stalled.Fail(S3Fault.StalledBody);
        Server.Fail(S3Fault.NoAnswer);

        var stalls = Assert.ThrowsAsync<SourceUnavailableException>(
            () => store.ReadAsync("terse.json", knownTag: null, default));
        var silent = await Assert.ThrowsAsync<SourceUnavailableException>(ReadAsync);

        Assert.Contains(" s.", silent.Message, StringComparison.Ordinal);
        await stalls;
    }

    [Fact]
    public async Task A_write_to_a_store_that_is_down_is_an_error()
    {
        Server.Fail(S3Fault.Closed);

        await Assert.ThrowsAsync<SourceUnavailableException>(
            () => Store.WriteAsync("terse.json", Bytes("1"), replacedTag: null, default));
        await Assert.ThrowsAsync<SourceUnavailableException>(() => Store.DeleteAsync("terse.json", default));
        await Assert.ThrowsAsync<SourceUnavailableException>(() => Store.ListAsync("", default));
    }

    [Fact]
    public async Task A_refused_connection_is_an_error()
    {
        using var store = NewStore(S3Server.BucketName, $"http://127.0.0.1:{FreePort.Find()}");

        await Assert.ThrowsAsync<SourceUnavailableException>(
            () => store.ReadAsync("terse.json", knownTag: null, default));
    }

    [Fact]
    public async Task A_wrong_secret_is_an_error()
    {
        await using var other = await S3Server.StartAsync(secretKey: "another one");
        using var store = NewStore(other);

        var exception = await Assert.ThrowsAsync<SourceUnavailableException>(
            () => store.ReadAsync("terse.json", knownTag: null, default));

        Assert.Contains("SignatureDoesNotMatch", exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SourceUnavailableException>(
            () => store.WriteAsync("terse.json", Bytes("1"), replacedTag: null, default));
    }

    [Fact]
    public async Task A_missing_bucket_is_an_error_and_not_a_missing_object()
    {
        using var store = NewStore("missing", Server.Url);

        var exception = await Assert.ThrowsAsync<SourceUnavailableException>(
            () => store.ReadAsync("terse.json", knownTag: null, default));

        Assert.Contains("NoSuchBucket", exception.Message, StringComparison.Ordinal);
        foreach (var tag in new[] { null, "\"1\"" })
        {
            await Assert.ThrowsAsync<SourceUnavailableException>(
                () => store.WriteAsync("terse.json", Bytes("1"), tag, default));
        }
    }

    [Fact]
    public async Task Without_a_region_the_error_names_the_setting()
    {
        using var store = new S3Objects(S3Server.BucketName, Folder, new(), TimeProvider.System);

        var exception = await Assert.ThrowsAsync<SourceUnavailableException>(
            () => store.ReadAsync("terse.json", knownTag: null, default));

        Assert.EndsWith("; set Config:Region.", exception.Message, StringComparison.Ordinal);
    }

    private static S3Objects NewStore(S3Server server) => NewStore(S3Server.BucketName, server.Url);

    private static S3Objects NewStore(string bucket, string endpoint) =>
        new(bucket, Folder, new() { Endpoint = endpoint }, TimeProvider.System);
}
