using System.Text;
using Terse.Commands;

namespace Terse.Tests.Commands;

public sealed class PrometheusTextTests
{
    [Theory]
    [InlineData("up 1", "up", "", 1)]
    [InlineData("up{} 1", "up", "", 1)]
    [InlineData("  up  1.5e3  1764268974000  ", "up", "", 1500)]
    [InlineData("a:b_c{x=\"1\"} -2", "a:b_c", "x=1", -2)]
    [InlineData("up{x=\"1\",y=\"2\",} 3", "up", "x=1,y=2", 3)]
    [InlineData("up { x = \"1\" , y=\"}\" } 3", "up", "x=1,y=}", 3)]
    [InlineData("up{x=\"a \\\"b\\\" \\\\ \\n c,{=\"} 4", "up", "x=a \"b\" \\ \n c,{=", 4)]
    [InlineData("up{x=\"\"} +Inf", "up", "x=", double.PositiveInfinity)]
    [InlineData("up -Inf", "up", "", double.NegativeInfinity)]
    [InlineData("up NaN", "up", "", double.NaN)]
    public void A_line_has_a_name_labels_and_a_value(string line, string name, string labels, double value)
    {
        var (samples, isComplete) = PrometheusText.Read(line);
        var sample = Assert.Single(samples);

        Assert.True(isComplete);
        Assert.Equal((name, value), (sample.Name, sample.Value));
        Assert.Equal(labels, string.Join(',', sample.Labels.Select(label => $"{label.Key}={label.Value}")));
    }

    [Theory]
    [InlineData("up")]
    [InlineData("up one")]
    [InlineData("1up 1")]
    [InlineData("up{x} 1")]
    [InlineData("up{x=1} 1")]
    [InlineData("up{x=\"1} 1")]
    [InlineData("up{x=\"1\" 1")]
    [InlineData("up{x=\"1\\")]
    [InlineData("up{x=\"1\"y=\"2\"} 1")]
    [InlineData("up 1 later")]
    [InlineData("up 1 2 3")]
    [InlineData("<html>")]
    [InlineData("\0\u001b[2J")]
    public void A_damaged_line_is_skipped(string line)
    {
        var (samples, isComplete) = PrometheusText.Read($"before 1\n{line}\nafter 2\n");

        Assert.Equal(["before", "after"], samples.Select(sample => sample.Name));
        Assert.False(isComplete);
    }

    [Fact]
    public void Comments_and_empty_lines_are_no_samples()
    {
        var (samples, isComplete) = PrometheusText.Read("# HELP up a\r\n# TYPE up gauge\r\n\r\nup 1\r\n");

        Assert.True(isComplete);
        Assert.Equal("up", Assert.Single(samples).Series);
    }

    [Fact]
    public void The_series_is_what_stands_before_the_value() => Assert.Equal(
        ["up", "up{x=\"1\"}"],
        PrometheusText.Read("up 1\nup{x=\"1\"} 2").Samples.Select(sample => sample.Series));

    /// <summary>Every damage to a real line ends with samples or with none.</summary>
    [Fact]
    public void Random_damage_is_survived()
    {
        const int Seed = 15;
        var random = new Random(Seed);
        const string Line = "terse_redirects_total{otel_scope_name=\"Terse\",outcome=\"a\\\"b\"} 12 17\n";
        var damaged = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var text = new StringBuilder(Line + Line);
            for (var change = random.Next(1, 5); change > 0; change--)
                text[random.Next(text.Length)] = (char)random.Next(128);
            var (samples, isComplete) = PrometheusText.Read(text.ToString());
            Assert.All(samples, sample => Assert.NotEmpty(sample.Name));
            damaged += isComplete ? 0 : 1;
        }

        Assert.InRange(damaged, 1_000, 19_999);
    }
}
