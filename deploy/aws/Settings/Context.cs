using System.Collections.Immutable;
using Constructs;

namespace Terse.Aws.Settings;

/// <summary>Reads values of the CDK's context.</summary>
internal sealed class Context(Node node)
{
    /// <summary>Returns the value; null if it is not set, or empty.</summary>
    public string? Text(string name) => node.TryGetContext(name) is string { Length: > 0 } text ? text : null;

    /// <summary>Returns the value with this name; the first one if the context has none.</summary>
    /// <exception cref="SettingsException">No value has this name.</exception>
    public T Choice<T>(string name, ImmutableArray<T> values, Func<T, string> nameOf)
    {
        var text = Text(name);
        if (text is null)
            return values[0];
        foreach (var value in values)
        {
            if (string.Equals(nameOf(value), text, StringComparison.Ordinal))
                return value;
        }

        throw new SettingsException(
            $"{name} is {text}, but must be one of {string.Join(", ", values.Select(nameOf))}.");
    }
}
