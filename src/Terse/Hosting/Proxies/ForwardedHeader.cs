using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Terse.Hosting;

/// <summary>
/// Parses the header <c>Forwarded</c> (RFC 7239). The parser is strict: a line with a mistake, or with more
/// than <see cref="MaxElements"/> elements, is refused as a whole. Spaces around semicolons are allowed.
/// </summary>
internal static class ForwardedHeader
{
    /// <summary>The maximum number of elements in a line of the header.</summary>
    public const int MaxElements = 64;

    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(
        "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");

    private static readonly SearchValues<char> HostCharacters = SearchValues.Create(
        "!$&'()-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~");

    /// <summary>Characters of obfuscated identifiers (RFC 7239, section 6.3).</summary>
    private static readonly SearchValues<char> ObfuscatedCharacters = SearchValues.Create(
        "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    /// <summary>
    /// Returns the last elements, in the order of the header, so that the element of the nearest proxy is the
    /// last one. Reads the lines from the last to the first, and stops at a line with a mistake: a client can
    /// send a broken line, but a proxy adds its own line behind it.
    /// </summary>
    /// <param name="lines">The lines of the header.</param>
    /// <param name="max">The maximum number of elements to return.</param>
    public static List<ForwardedElement> ReadLast(StringValues lines, int max)
    {
        var last = new List<ForwardedElement>();
        for (var index = lines.Count - 1; index >= 0 && last.Count < max; index--)
        {
            if (!TryParse(lines[index], out var elements))
                break;
            last.InsertRange(0, elements);
        }

        return last.Count <= max ? last : last[^max..];
    }

    /// <summary>Parses one line.</summary>
    /// <param name="line">The value of the header; null and the empty text have no elements.</param>
    /// <param name="elements">The elements; null if the line has a mistake.</param>
    public static bool TryParse(string? line, [NotNullWhen(true)] out List<ForwardedElement>? elements)
    {
        elements = [];
        var rest = line.AsSpan().Trim(" \t");
        while (!rest.IsEmpty)
        {
            if (elements.Count == MaxElements || !TryReadElement(ref rest, out var element))
            {
                elements = null;
                return false;
            }

            if (element is { } sent)
                elements.Add(sent);
        }

        return true;
    }

    /// <summary>
    /// Reads one element and the comma behind it. The element is null if there is nothing before the comma;
    /// lists may have such places (RFC 9110, section 5.6.1.2).
    /// </summary>
    private static bool TryReadElement(ref ReadOnlySpan<char> rest, out ForwardedElement? element)
    {
        element = null;
        var names = new List<string>();
        while (true)
        {
            rest = rest.TrimStart(" \t");
            if (rest.IsEmpty)
                return true;
            if (rest[0] is ',' or ';')
            {
                var isEnd = rest[0] == ',';
                rest = rest[1..];
                if (isEnd)
                    return true;
                continue;
            }

            if (!TryReadPair(ref rest, out var name, out var value)
                || names.Contains(name)
                || !element.GetValueOrDefault().TrySet(name, value, out var next))
            {
                return false;
            }

            element = next;
            names.Add(name);
            rest = rest.TrimStart(" \t");
            if (!rest.IsEmpty && rest[0] is not (',' or ';'))
                return false;
        }
    }

    private static bool TryReadPair(ref ReadOnlySpan<char> rest, out string name, out string value)
    {
        (name, value) = ("", "");
        if (!TryReadToken(ref rest, out name) || rest is not ['=', .. var behind])
            return false;
        name = name.ToLowerInvariant();
        rest = behind;
        return rest is ['"', ..] ? TryReadQuoted(ref rest, out value) : TryReadToken(ref rest, out value);
    }

    private static bool TryReadToken(ref ReadOnlySpan<char> rest, out string token)
    {
        var length = rest.IndexOfAnyExcept(TokenCharacters);
        length = length < 0 ? rest.Length : length;
        token = rest[..length].ToString();
        rest = rest[length..];
        return length > 0;
    }

    private static bool TryReadQuoted(ref ReadOnlySpan<char> rest, out string value)
    {
        var text = new StringBuilder();
        for (var index = 1; index < rest.Length; index++)
        {
            if (rest[index] == '"')
            {
                value = text.ToString();
                rest = rest[(index + 1)..];
                return true;
            }

            if (rest[index] == '\\' && ++index == rest.Length)
                break;
            if (rest[index] is (< ' ' and not '\t') or > '~')
                break;
            text.Append(rest[index]);
        }

        value = "";
        return false;
    }

    /// <summary>Reads a node (RFC 7239, section 6).</summary>
    /// <param name="node">The text of the node.</param>
    /// <param name="address">The address; null if the proxy does not tell it.</param>
    /// <returns>False if the text is not a node.</returns>
    public static bool TryReadNode(string node, out IPAddress? address)
    {
        address = null;
        var name = node.AsSpan();
        var colon = name.LastIndexOf(':');
        if (colon > name.LastIndexOf(']'))
        {
            if (!IsPort(name[(colon + 1)..]))
                return false;
            name = name[..colon];
        }

        if (name is ['[', .. var inner, ']'])
        {
            return !inner.Contains('%')
                && IPAddress.TryParse(inner, out address)
                && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        if (name.Equals("unknown", StringComparison.OrdinalIgnoreCase) || IsObfuscated(name))
            return true;
        return IPAddress.TryParse(name, out address) && name.SequenceEqual(address.ToString());
    }

    /// <summary>Whether a text is a host with an optional port, without a check of its form.</summary>
    public static bool CouldBeHost(string text) =>
        text.Length > 0 && !text.AsSpan().ContainsAnyExcept(HostCharacters);

    private static bool IsPort(ReadOnlySpan<char> text) =>
        (text.Length is >= 1 and <= 5 && !text.ContainsAnyExceptInRange('0', '9')) || IsObfuscated(text);

    private static bool IsObfuscated(ReadOnlySpan<char> text) =>
        text is ['_', _, ..] && !text.ContainsAnyExcept(ObfuscatedCharacters);
}

/// <summary>What one proxy says about the request that it received.</summary>
/// <param name="For">Who sent the request to the proxy; null if the proxy does not tell.</param>
/// <param name="Proto"><c>http</c> or <c>https</c>; null if the proxy does not tell.</param>
/// <param name="Host">
/// The header <c>Host</c> that the proxy received; null if the proxy does not tell.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ForwardedElement(IPAddress? For, string? Proto, string? Host)
{
    /// <summary>
    /// Returns the element with one more parameter. Unknown parameters and schemes do not matter.
    /// </summary>
    /// <param name="name">The name of the parameter, in lower case.</param>
    /// <param name="value">The value, without quotes.</param>
    /// <param name="element">The new element.</param>
    /// <returns>False if the value is invalid.</returns>
    public bool TrySet(string name, string value, out ForwardedElement element)
    {
        element = this;
        switch (name)
        {
            case "for" or "by":
                if (!ForwardedHeader.TryReadNode(value, out var address))
                    return false;
                element = name == "for" ? this with { For = address } : this;
                return true;
            case "proto":
                var scheme = value.ToLowerInvariant();
                element = scheme is "http" or "https" ? this with { Proto = scheme } : this;
                return true;
            case "host":
                element = this with { Host = value };
                return ForwardedHeader.CouldBeHost(value);
            default:
                return true;
        }
    }
}
