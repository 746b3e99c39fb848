namespace Terse.Web;

/// <summary>Prepares what a client has sent for a message that repeats it.</summary>
internal static class ShownText
{
    public static string Shorten(string text, int maxLength) =>
        text.Length <= maxLength ? text : string.Concat(text.AsSpan(0, maxLength), "…");
}
