using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Terse.Hosting;

/// <summary>
/// The shared configuration: a JSON object with sections and settings, written as in
/// <c>appsettings.json</c>. Immutable.
/// </summary>
internal sealed class ConfigDocument
{
    /// <summary>The number of hexadecimal digits of a version.</summary>
    public const int VersionLength = 12;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private ConfigDocument(byte[] content, IReadOnlyDictionary<string, string?> settings)
    {
        Content = content;
        Version = VersionOf(content);
        Settings = settings;
    }

    /// <summary>The bytes as they were read.</summary>
    public byte[] Content { get; }

    /// <summary>The contents as text.</summary>
    public string Text => Encoding.UTF8.GetString(Content);

    /// <inheritdoc cref="VersionOf"/>
    public string Version { get; }

    /// <summary>
    /// The settings by their paths, such as <c>Cache:MaxAge</c>, with references in place of secrets.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Settings { get; }

    /// <summary>
    /// Returns this document without the references to secrets that this machine does not have, and the
    /// reasons why.
    /// </summary>
    public ConfigDocument WithoutMissingSecrets(out IReadOnlyList<string> missing)
    {
        var (settings, reasons) = SecretReference.FindReadable(Settings);
        missing = reasons;
        return new(Content, settings);
    }

    /// <summary>
    /// Names a document by its contents: the first 12 hexadecimal digits of their SHA-256. Equal documents
    /// have equal versions, wherever they are stored.
    /// </summary>
    public static string VersionOf(byte[] content) =>
        Convert.ToHexStringLower(SHA256.HashData(content))[..VersionLength];

    /// <exception cref="InvalidDataException">
    /// The bytes are no such document; the message says why.
    /// </exception>
    public static ConfigDocument Parse(byte[] content)
    {
        if (content.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            throw new InvalidDataException(
                "It is empty. Write {} if there are no shared settings.");
        }

        try
        {
            StrictUtf8.GetCharCount(content);
            using var stream = new MemoryStream(content, writable: false);
            using var root = new ConfigurationBuilder().AddJsonStream(stream).Build() as IDisposable;
            var settings = ((IConfiguration)root!).AsEnumerable()
                .ToDictionary(StringComparer.OrdinalIgnoreCase);
            return new(content, settings);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException("It is not UTF-8.", exception);
        }
        catch (Exception exception) when (exception
            is FormatException or JsonException or InvalidDataException or ArgumentException
                or InvalidOperationException)
        {
            var reason = (exception.InnerException as JsonException ?? exception).Message;
            throw new InvalidDataException($"It cannot be parsed: {reason}", exception);
        }
    }
}
