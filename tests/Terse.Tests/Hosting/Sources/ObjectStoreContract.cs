using System.Text;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

/// <summary>The tests that every store of small objects must pass.</summary>
public abstract class ObjectStoreContract : IAsyncLifetime
{
    private const string Name = "terse.json";

    private protected abstract IObjectStore Store { get; }

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ValueTask CloseAsync();

    [Theory]
    [InlineData(Name)]
    [InlineData("folder/terse.json")]
    public async Task A_missing_object_is_read_as_null(string name) =>
        Assert.Null(await Store.ReadAsync(name, knownTag: null, default));

    [Theory]
    [InlineData(Name)]
    [InlineData("folder/\uad6c\uae00 ä+&=%25~'.json")]
    public async Task A_written_object_is_read_with_its_tag_and_time(string name)
    {
        var content = Bytes("{ \"a\": \"\uad6c\" }");

        Assert.True(await Store.WriteAsync(name, content, replacedTag: null, default));

        var read = (await Store.ReadAsync(name, knownTag: null, default))!;
        Assert.Equal(content, read.Content);
        Assert.NotEmpty(read.Tag);
        Assert.InRange(read.ModifiedAt, Now.AddMinutes(-10), Now.AddMinutes(10));
        Assert.Equal([name], await Store.ListAsync(name, default));
    }

    [Fact]
    public async Task An_empty_object_is_an_object()
    {
        Assert.True(await Store.WriteAsync(Name, [], replacedTag: null, default));

        Assert.Empty((await Store.ReadAsync(Name, knownTag: null, default))!.Content!);
    }

    [Fact]
    public async Task An_object_with_the_known_tag_is_read_without_its_contents()
    {
        var tag = await WriteAsync("1");

        var unchanged = await Store.ReadAsync(Name, tag, default);
        Assert.Equal((tag, null), (unchanged!.Tag, unchanged.Content));

        var latest = await WriteAsync("2", tag);
        var changed = await Store.ReadAsync(Name, tag, default);
        Assert.Equal((latest, "2"), (changed!.Tag, TextOf(changed)));
    }

    [Fact]
    public async Task An_object_that_should_be_new_replaces_none()
    {
        await WriteAsync("1");

        Assert.False(await Store.WriteAsync(Name, Bytes("2"), replacedTag: null, default));
        Assert.Equal("1", await ReadAsync());
    }

    [Fact]
    public async Task An_object_replaces_only_the_one_whose_tag_it_names()
    {
        var first = await WriteAsync("1");
        await WriteAsync("2", first);

        Assert.False(await Store.WriteAsync(Name, Bytes("3"), first, default));
        Assert.Equal("2", await ReadAsync());
    }

    [Fact]
    public async Task An_object_that_was_deleted_meanwhile_is_not_replaced()
    {
        var tag = await WriteAsync("1");
        await Store.DeleteAsync(Name, default);

        Assert.False(await Store.WriteAsync(Name, Bytes("2"), tag, default));
        Assert.Null(await Store.ReadAsync(Name, knownTag: null, default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_writers_at_once_exactly_one_writes(bool exists)
    {
        var tag = exists ? await WriteAsync("0") : null;

        var written = await Task.WhenAll(Enumerable.Range(1, 8).Select(async writer =>
            (Text: $"{writer}", IsDone: await Store.WriteAsync(Name, Bytes($"{writer}"), tag, default))));

        Assert.Equal(Assert.Single(written, result => result.IsDone).Text, await ReadAsync());
    }

    [Fact]
    public async Task Objects_are_listed_by_their_prefix_in_the_order_of_characters()
    {
        foreach (var name in new[] { "v/b", "v/a", "v/B", "v/10", "v/9", "other", "v-a", "V/a" })
            Assert.True(await Store.WriteAsync(name, Bytes("1"), replacedTag: null, default));

        Assert.Equal(["v/10", "v/9", "v/B", "v/a", "v/b"], await Store.ListAsync("v/", default));
        Assert.Empty(await Store.ListAsync("missing/", default));
    }

    [Theory]
    [InlineData(Name)]
    [InlineData("folder/terse.json")]
    public async Task A_deleted_object_is_gone_and_can_be_deleted_again(string name)
    {
        await Store.DeleteAsync(name, default);
        Assert.True(await Store.WriteAsync(name, Bytes("1"), replacedTag: null, default));

        await Store.DeleteAsync(name, default);
        await Store.DeleteAsync(name, default);

        Assert.Null(await Store.ReadAsync(name, knownTag: null, default));
        Assert.Empty(await Store.ListAsync(name, default));
    }

    [Fact]
    public async Task A_cancelled_read_is_cancelled_and_not_unavailable()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.ReadAsync(Name, knownTag: null, cancelled.Token));
    }

    [Fact]
    public async Task An_object_above_the_maximum_size_is_not_read()
    {
        await Store.WriteAsync("largest", new byte[IObjectStore.MaxBytes], replacedTag: null, default);
        await Store.WriteAsync("larger", new byte[IObjectStore.MaxBytes + 1], replacedTag: null, default);

        var largest = await Store.ReadAsync("largest", knownTag: null, default);
        Assert.Equal(IObjectStore.MaxBytes, largest!.Content!.Length);
        var exception = await Assert.ThrowsAsync<SourceUnavailableException>(
            () => Store.ReadAsync("larger", knownTag: null, default));
        Assert.EndsWith(" 1048576 bytes.", exception.Message, StringComparison.Ordinal);
    }

    private protected static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private protected static string? TextOf(StoredObject? stored) =>
        stored?.Content is { } content ? Encoding.UTF8.GetString(content) : null;

    private protected async Task<string> WriteAsync(string text, string? replacedTag = null)
    {
        Assert.True(await Store.WriteAsync(Name, Bytes(text), replacedTag, default));
        return (await Store.ReadAsync(Name, knownTag: null, default))!.Tag;
    }

    private protected async Task<string?> ReadAsync() =>
        TextOf(await Store.ReadAsync(Name, knownTag: null, default));
}
