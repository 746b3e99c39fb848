using System.Buffers;
using System.Security.Cryptography;

namespace Terse.Events;

/// <summary>Makes the ids of webhooks: 12 random letters and digits.</summary>
internal static class WebhookId
{
    private const int Length = 12;
    private const string Characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> AllCharacters = SearchValues.Create(Characters);

    public static string New() => RandomNumberGenerator.GetString(Characters, Length);

    /// <summary>Whether a text can be the id of a webhook.</summary>
    public static bool IsValid(string text) =>
        text.Length == Length && !text.AsSpan().ContainsAnyExcept(AllCharacters);
}
