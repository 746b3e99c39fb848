using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Amazon.Runtime;

namespace Terse.Hosting;

/// <summary>
/// Reads secrets of AWS Secrets Manager. The credentials are those that <see cref="S3Objects"/> has. The
/// environment variables <c>AWS_ENDPOINT_URL_SECRETS_MANAGER</c> and <c>AWS_ENDPOINT_URL</c> name another
/// endpoint, as in all SDKs of AWS. Safe for use by any number of threads.
/// </summary>
internal static class SecretsManager
{
    private const string Service = "secretsmanager";
    private const int MaxTries = 3;
    private const int MaxBytes = 256 * 1024;

    private static readonly string[] EndpointVariables =
        ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"];

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        MaxResponseContentBufferSize = MaxBytes,
    };

    /// <summary>Returns the present value of a secret.</summary>
    /// <exception cref="SourceUnavailableException">
    /// The secret cannot be read; the message says why.
    /// </exception>
    public static Task<string> ReadAsync(SecretArn secret, TimeProvider time) => ObjectStoreCall.RunAsync(
        "The secret",
        async token =>
        {
            using var response = await AskAsync(secret, time, token);
            return ValueOf(response.RootElement, secret.Key);
        },
        exception => exception is AmazonServiceException or AmazonClientException or HttpRequestException
            or UriFormatException,
        time,
        CancellationToken.None);

    /// <summary>Asks again when the service is overloaded or cannot be reached.</summary>
    private static async Task<JsonDocument> AskAsync(
        SecretArn secret, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await AskOnceAsync(secret, time, cancellationToken);
            }
            catch (HttpRequestException exception)
                when (tries < MaxTries
                    && exception.StatusCode is null or >= HttpStatusCode.InternalServerError)
            {
                await Task.Delay(FirstPause * tries, time, cancellationToken);
            }
        }
    }

    private static async Task<JsonDocument> AskOnceAsync(
        SecretArn secret, TimeProvider time, CancellationToken cancellationToken)
    {
        var credentials = await AwsCredentials.FindAsync();
        using var request = RequestFor(secret, EndpointOf(secret), credentials, time.GetUtcNow());
        using var response = await Http.SendAsync(request, cancellationToken);
        var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (response.IsSuccessStatusCode)
            return ParseQuietly(Encoding.UTF8.GetString(content));
        var (type, message) = ErrorOf(content);
        var status = type is "ThrottlingException" ? HttpStatusCode.ServiceUnavailable : response.StatusCode;
        throw new HttpRequestException(
            $"AWS Secrets Manager answered {(int)response.StatusCode} {type} {message}".TrimEnd(),
            inner: null,
            status);
    }

    /// <summary>Returns the signed request <c>GetSecretValue</c>.</summary>
    public static HttpRequestMessage RequestFor(
        SecretArn secret, Uri endpoint, ImmutableCredentials credentials, DateTimeOffset now)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"SecretId":"{{JsonEncodedText.Encode(secret.Id)}}"}""");
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Headers = { { "X-Amz-Target", "secretsmanager.GetSecretValue" } },
            Content = new ByteArrayContent(body)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1") },
            },
        };
        AwsRequestSigner.Sign(request, body, Service, secret.Region, credentials, now);
        return request;
    }

    private static Uri EndpointOf(SecretArn secret) => new(
        EndpointVariables.Select(Environment.GetEnvironmentVariable)
            .FirstOrDefault(url => url is { Length: > 0 })
        ?? $"https://{Service}.{secret.Region}.{secret.Domain}/");

    private static string ValueOf(JsonElement response, string? key)
    {
        if (TextOf(response, "SecretString") is not { } text)
            throw new IOException("it is binary, and no text");
        if (key is not null)
        {
            using var values = ParseQuietly(text);
            if (values.RootElement.ValueKind is not JsonValueKind.Object
                || !values.RootElement.TryGetProperty(key, out var chosen)
                || chosen.ValueKind is not JsonValueKind.String)
            {
                throw new IOException($"it has no value '{key}' that is a text");
            }

            text = chosen.GetString()!;
        }

        return text.Length > 0 ? text : throw new IOException("it is empty");
    }

    /// <summary>Parses JSON. No error has a part of the text, which contains a secret.</summary>
    private static JsonDocument ParseQuietly(string text)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            // Its message can contain the text.
        }

        return document ?? throw new IOException("it is no JSON object");
    }

    private static (string? Type, string? Message) ErrorOf(byte[] content)
    {
        try
        {
            using var error = JsonDocument.Parse(content);
            return (TextOf(error.RootElement, "__type"),
                TextOf(error.RootElement, "Message") ?? TextOf(error.RootElement, "message"));
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private static string? TextOf(JsonElement error, string name) =>
        error.ValueKind is JsonValueKind.Object && error.TryGetProperty(name, out var value)
            && value.ValueKind is JsonValueKind.String
                ? value.GetString()
                : null;
}
