using Terse.Codes;

namespace Terse.Tests.Codes;

public sealed class OpaqueIdsTests : IDisposable
{
    private const string Secret = "correct horse battery staple, twice over";

    private readonly OpaqueIds _opaque = new(Secret);

    public void Dispose() => _opaque.Dispose();

    [Theory]
    [InlineData("T", 0, 10)]
    [InlineData("T", 10, 620)]
    [InlineData("T", 620, 38_440)]
    [InlineData("D", 1000, 10_000)]
    public void All_ids_of_a_length_stand_for_all_of_it_each_for_one(string format, int least, int end)
    {
        var all = Enumerable.Range(least, end - least).Select(value => new Tsid((ulong)value)).ToList();
        var hidden = all.ConvertAll(id => _opaque.Hide(id, format));

        Assert.Equal(all, hidden.Order());
        Assert.Equal(all, hidden.ConvertAll(id => _opaque.Show(id, format)));
    }

    [Theory]
    [InlineData("T")]
    [InlineData("C")]
    [InlineData("D")]
    public void Any_id_reads_back_and_its_text_stays_as_long(string format)
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var id = new Tsid((ulong)random.NextInt64() >> random.Next(0, 63));
            var hidden = _opaque.Hide(id, format);

            Assert.Equal(id, _opaque.Show(hidden, format));
            Assert.Equal(id.ToString(format).Length, hidden.ToString(format).Length);
            Assert.InRange(hidden.Value, 0UL, (ulong)long.MaxValue);
        }
    }

    /// <summary>Codes that were given away have to be read for ever: this must not change.</summary>
    [Fact]
    public void What_stands_for_an_id_never_changes()
    {
        var id = new Tsid(22_189_445_120);

        Assert.Equal("1JnzOSX", _opaque.Hide(id, "T").ToString("T"));
        Assert.Equal("62TJD3DR1VPAQ", _opaque.Hide(id, "C").ToString("C"));
        Assert.Equal("d7c940f6ec2444f97f9dbce6114be3b6", OpaqueIds.CheckOf(Secret));
    }

    [Fact]
    public void With_another_secret_others_stand_for_ids_and_neighbours_lie_far_apart()
    {
        using var other = new OpaqueIds("correct horse battery staple, twice OVER");
        const ulong First = 22_189_445_120;
        var ids = Enumerable.Range(0, 200).Select(offset => new Tsid(First + (ulong)offset)).ToList();
        var hidden = ids.ConvertAll(id => _opaque.Hide(id, "T"));

        Assert.All(ids.Zip(hidden), pair => Assert.NotEqual(pair.Second, other.Hide(pair.First, "T")));
        Assert.DoesNotContain(
            hidden.Zip(hidden.Skip(1), (first, second) => (long)(first.Value - second.Value)),
            distance => Math.Abs(distance) < 1000);
    }
}
