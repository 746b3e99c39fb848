using System.Buffers;
using System.Text;

namespace Terse.Events;

/// <summary>
/// Reads the start of the response of a webhook, for people who look for the cause of a failure.
/// </summary>
internal static class ResponseText
{
    /// <summary>
    /// How many bytes of a body are read, so that a small response leaves the connection usable. The rest is
    /// ignored, and the connection closed.
    /// </summary>
    public const int MaxBytes = 1 << 14;

    /// <returns>
    /// The body as UTF-8, at most <see cref="DeliveryAttempt.MaxResponse"/> characters; if the body ends
    /// early or the time is over, what had arrived by then.
    /// </returns>
    public static async Task<string> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(MaxBytes);
        var length = 0;
        try
        {
            await using var body = await content.ReadAsStreamAsync(cancellationToken);
            while (length < MaxBytes)
            {
                var read = await body.ReadAsync(bytes.AsMemory(length, MaxBytes - length), cancellationToken);
                if (read == 0)
                    break;
                length += read;
            }
        }
        catch (Exception exception) when (
            exception is HttpRequestException or IOException or OperationCanceledException)
        {
            // The status has decided already. The text is only for people.
        }

        var text = Clean(Encoding.UTF8.GetString(bytes.AsSpan(0, length)));
        ArrayPool<byte>.Shared.Return(bytes);
        return text;
    }

    /// <summary>
    /// Shortens a text, and replaces characters that a database or a terminal does not take.
    /// </summary>
    public static string Clean(string text)
    {
        var length = Math.Min(text.Length, DeliveryAttempt.MaxResponse);
        if (length < text.Length && char.IsHighSurrogate(text[length - 1]))
            length--;
        return string.Create(length, text, static (clean, text) =>
        {
            for (var index = 0; index < clean.Length; index++)
            {
                var letter = text[index];
                clean[index] = char.IsControl(letter) && letter is not ('\n' or '\r' or '\t') ? ' ' : letter;
            }
        });
    }
}
