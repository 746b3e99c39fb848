namespace Terse.Tidy.Types;

public sealed class EventIdTests
{
    [Fact]
    public void Every_log_message_has_its_own_event_id() =>
        Findings.AssertNone(EventIds.Find(Tree.CSharpUnder("src/")));

    [Theory]
    [InlineData("[LoggerMessage(1, LogLevel.Debug, \"a\")] void A();")]
    [InlineData("[LoggerMessage(EventId = 1, Level = LogLevel.Debug)] void A();")]
    [InlineData("[LoggerMessage(level: LogLevel.Debug, message: \"a\", eventId: 1)] void A();")]
    [InlineData("[LoggerMessageAttribute(1, LogLevel.Debug, \"a\")] void A();")]
    public void Two_messages_with_the_same_event_id_are_found(string method)
    {
        SourceFile first = new("src/a.cs", $"class C {{ {method} }}");
        SourceFile same = new("src/b.cs", "class D { [LoggerMessage(1, LogLevel.Error, \"b\")] void B(); }");
        SourceFile other = new("src/b.cs", "class D { [LoggerMessage(2, LogLevel.Error, \"b\")] void B(); }");

        Assert.Equal(["src/a.cs", "src/b.cs"], EventIds.Find([first, same]).Select(found => found.Path));
        Assert.Empty(EventIds.Find([first, other]));
    }

    [Theory]
    [InlineData("[LoggerMessage(LogLevel.Debug, \"a\")] void A();")]
    [InlineData("[LoggerMessage(Level = LogLevel.Debug, Message = \"a\")] void A();")]
    [InlineData("[LoggerMessage(0, LogLevel.Debug, \"a\")] void A();")]
    [InlineData("[LoggerMessage(Some, LogLevel.Debug, \"a\")] void A();")]
    [InlineData("[LoggerMessage] void A();")]
    public void A_message_without_an_event_id_is_found(string method) =>
        Assert.Single(EventIds.Find([new("src/a.cs", $"class C {{ {method} }}")]));
}
