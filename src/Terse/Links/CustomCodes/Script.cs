using System.Text;

namespace Terse.Links;

/// <summary>
/// The scripts whose letters look alike: Latin a, Greek α and Cyrillic а. A code or a host that mixes them
/// can pretend to be another one.
/// </summary>
internal enum Script
{
    Other,
    Latin,
    Greek,
    Cyrillic,
}

/// <summary>Finds the script of a letter.</summary>
internal static class Scripts
{
    private static readonly (int First, int Last, Script Script)[] Ranges =
    [
        ('A', 'Z', Script.Latin), ('a', 'z', Script.Latin), (0xAA, 0xAA, Script.Latin),
        (0xBA, 0xBA, Script.Latin), (0xC0, 0xD6, Script.Latin), (0xD8, 0xF6, Script.Latin),
        (0xF8, 0x2AF, Script.Latin), (0x1D00, 0x1DBF, Script.Latin), (0x1E00, 0x1EFF, Script.Latin),
        (0x2C60, 0x2C7F, Script.Latin), (0xA720, 0xA7FF, Script.Latin), (0xAB30, 0xAB6F, Script.Latin),
        (0xFF21, 0xFF3A, Script.Latin), (0xFF41, 0xFF5A, Script.Latin),
        (0x370, 0x3FF, Script.Greek), (0x1F00, 0x1FFF, Script.Greek),
        (0x400, 0x52F, Script.Cyrillic), (0x1C80, 0x1C8F, Script.Cyrillic),
        (0x2DE0, 0x2DFF, Script.Cyrillic), (0xA640, 0xA69F, Script.Cyrillic),
    ];

    public static Script Of(Rune rune)
    {
        foreach (var (first, last, script) in Ranges)
        {
            if (first <= rune.Value && rune.Value <= last)
                return script;
        }

        return Script.Other;
    }

    /// <summary>Whether a text contains Latin letters and also Greek or Cyrillic ones.</summary>
    public static bool AreMixed(string text)
    {
        var (hasLatin, hasLookAlikes) = (false, false);
        foreach (var rune in text.EnumerateRunes())
        {
            var script = Of(rune);
            hasLatin |= script == Script.Latin;
            hasLookAlikes |= script is Script.Greek or Script.Cyrillic;
        }

        return hasLatin && hasLookAlikes;
    }
}
