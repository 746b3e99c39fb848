using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Terse.Links;

/// <summary>
/// Reads the rules in a request. A refusal names the invalid field by its path, such as
/// <c>rules[1].if.hours</c>.
/// </summary>
internal sealed class RuleReader(TargetRules targets, VisitorNames names)
{
    public const int MaxRules = 32;

    /// <summary>
    /// The maximum size of a name in bytes of UTF-8. A recorded visit has little room for the name.
    /// </summary>
    public const int MaxNameBytes = 64;

    private const string Field = "rules";

    private static readonly string[] Members = ["name", "if", "target"];

    private readonly RuleConditionReader _conditions = new(names);

    /// <param name="sent">The value in the request; null if there is none.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="address">The IP address, with its port, at which the server received the request.</param>
    /// <param name="rules">The rules in their order; null if there are none.</param>
    /// <returns>Why the rules are refused; null if they are valid.</returns>
    public Refusal? Read(
        JsonElement? sent, string host, string address, out IReadOnlyList<LinkRule>? rules)
    {
        rules = null;
        if (sent is not { } list || SentObject.IsAbsent(list))
            return null;
        if (list.ValueKind != JsonValueKind.Array)
            return Refusal.OfField(Field, $"'rules' must be a list; {SentObject.Show(list)} was sent.");
        if (list.GetArrayLength() is > MaxRules and var count)
        {
            return Refusal.OfField(Field, string.Create(
                CultureInfo.InvariantCulture,
                $"A link can have at most {MaxRules} rules; {count} were sent."));
        }

        var read = new List<LinkRule>();
        foreach (var rule in list.EnumerateArray())
        {
            if (ReadRule(rule, host, address, read) is { } refusal)
                return refusal;
        }

        rules = read;
        return null;
    }

    private Refusal? ReadRule(JsonElement sent, string host, string address, List<LinkRule> rules)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{Field}[{rules.Count}]");
        string? name = null, target = null;
        RuleCondition? condition = null;
        var refusal = SentObject.Read(path, sent, Members, out var rule)
            ?? rule.ReadText("name", out name)
            ?? CheckName(rule.PathOf("name"), name, rules)
            ?? ReadConditions(rule, out condition)
            ?? rule.ReadText("target", out target)
            ?? CheckTarget(rule.PathOf("target"), target, host, address);
        if (refusal is null)
            rules.Add(new(name!, condition!, target!));
        return refusal;
    }

    private static Refusal? CheckName(string field, string? name, List<LinkRule> rules)
    {
        if (name is null)
            return Refusal.OfField(field, "A rule needs a name, under which its visits are counted.");
        var shown = Refusal.Shorten(name);
        if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
        {
            return Refusal.OfField(
                field, $"A name can have at most {MaxNameBytes} bytes in UTF-8; '{shown}' was sent.");
        }

        if (name != name.Trim() || name.EnumerateRunes().Any(IsUnusable) || name[0] == '(')
        {
            return Refusal.OfField(
                field,
                "A name must not begin or end with a space, begin with '(', or contain control characters; "
                + $"'{shown}' was sent.");
        }

        return rules.Exists(rule => rule.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ? Refusal.OfField(
                field,
                $"The name '{shown}' was sent twice; give each rule its own name. Upper and lower case are "
                + "equal.")
            : null;
    }

    /// <summary>Whether the store of visits would refuse a name with the character.</summary>
    private static bool IsUnusable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.Control || rune == Rune.ReplacementChar;

    private Refusal? ReadConditions(SentObject rule, out RuleCondition? condition)
    {
        condition = null;
        return rule.TryGet("if", out var sent)
            ? _conditions.Read(rule.PathOf("if"), sent, out condition)
            : Refusal.OfField(rule.PathOf("if"), RuleConditionReader.NoCondition);
    }

    private Refusal? CheckTarget(string field, string? target, string host, string address) =>
        targets.TryRead(target, host, address, out _, out var refusal)
            ? null
            : refusal with { Field = field };
}
