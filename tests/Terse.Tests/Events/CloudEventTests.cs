using System.Text;
using System.Text.Json;
using Terse.Events;

namespace Terse.Tests.Events;

public sealed class CloudEventTests
{
    private static readonly StoredEvent Changed = new(
        new(1_795_687_800_123_456, 42),
        "link.changed",
        "go.example/세일",
        13_835_058_055_296,
        3,
        "ops",
        """{ "target": "https://example.com/",\n "tags": ["mail"] }""".Replace("\\n", "\n"),
        """{"target":"https://example.com/new"}""",
        """{"visits":2}""");

    [Fact]
    public void An_event_has_the_attributes_of_a_CloudEvent_and_its_data()
    {
        using var json = JsonDocument.Parse(CloudEvent.Write(Changed, "https://go.example"));
        var root = json.RootElement;

        Assert.Equal(
            [
                ("specversion", "1.0"), ("id", "1795687800123456-42"), ("source", "https://go.example"),
                ("type", "terse.link.changed.v1"), ("subject", "go.example/세일"),
                ("time", "2026-11-26T10:10:00.123456Z"), ("datacontenttype", "application/json"),
            ],
            root.EnumerateObject()
                .Where(property => property.Value.ValueKind == JsonValueKind.String)
                .Select(property => (property.Name, property.Value.GetString()!)));
        var data = root.GetProperty("data");
        Assert.Equal(
            ["link", "version", "key", "before", "after", "visits"],
            data.EnumerateObject().Select(property => property.Name));
        Assert.Equal("13835058055296", data.GetProperty("link").GetString());
        Assert.Equal(3, data.GetProperty("version").GetInt32());
        Assert.Equal("https://example.com/new", data.GetProperty("after").GetProperty("target").GetString());
        Assert.Equal(2, data.GetProperty("visits").GetInt32());
    }

    [Fact]
    public void What_an_event_does_not_have_is_absent()
    {
        var created = Changed with { Before = null, Data = null, KeyId = null };
        using var json = JsonDocument.Parse(CloudEvent.Write(created, "urn:terse"));

        Assert.Equal(
            ["link", "version", "after"],
            json.RootElement.GetProperty("data").EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void A_message_of_a_stream_has_one_line_for_each_field()
    {
        var message = Encoding.UTF8.GetString(new LiveEvent(Changed).Message("urn:terse"));

        var lines = message.Split('\n');
        Assert.Equal(["id: 1795687800123456-42", "event: link.changed"], lines[..2]);
        Assert.StartsWith("data: {\"specversion\"", lines[2], StringComparison.Ordinal);
        Assert.Equal(["", ""], lines[3..]);
        Assert.DoesNotContain('\r', message);
        Assert.Equal("3", JsonDocument.Parse(lines[2][6..]).RootElement.GetProperty("data")
            .GetProperty("version").ToString());
    }

    [Theory]
    [InlineData("1795687800123456-42", true)]
    [InlineData("0-0", true)]
    [InlineData("1795687800123456-9223372036854775807", true)]
    [InlineData("", false)]
    [InlineData("42", false)]
    [InlineData("1-2-3", false)]
    [InlineData("-1-2", false)]
    [InlineData("1-+2", false)]
    [InlineData("1- 2", false)]
    [InlineData("999999999999999999-1", false)]
    [InlineData("1-9223372036854775808", false)]
    public void An_id_is_the_time_in_microseconds_and_a_number(string text, bool isId)
    {
        Assert.Equal(isId, EventPosition.TryParse(text, out var position));
        if (isId)
            Assert.Equal(text, position.ToString());
    }
}
