using System.Net;
using System.Security.Cryptography;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Terse.Hosting;

/// <summary>
/// Objects of an S3 bucket, or of a store with the same API. The credentials are those of the AWS SDK: of the
/// instance or container, of the environment, or of a profile. Conditional writes need a store that honours
/// <c>If-Match</c> and <c>If-None-Match</c>, as S3 does since 2024.
/// </summary>
internal sealed class S3Objects : IObjectStore, IDisposable
{
    /// <summary>How often the SDK repeats a request that was throttled or failed.</summary>
    private const int MaxRetries = 2;

    /// <summary>The user metadata that tells one write from all others.</summary>
    private const string WriteId = "terse-write";

    /// <summary>Created by the first call, because it reads profiles and may ask the instance.</summary>
    private readonly Lazy<AmazonS3Client> _client;
    private readonly string _bucket;
    private readonly string _folder;
    private readonly TimeProvider _time;

    /// <param name="bucket">The bucket.</param>
    /// <param name="folder">Stands before the names in the keys: nothing, or a text with a slash.</param>
    /// <param name="options">The region and the endpoint.</param>
    /// <param name="time">The clock for the time limit.</param>
    public S3Objects(string bucket, string folder, ConfigOptions options, TimeProvider time)
    {
        (_bucket, _folder, _time) = (bucket, folder, time);
        _client = new(() => new(ConfigOf(options)), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <inheritdoc/>
    public string Describe(string name) => $"s3://{_bucket}/{_folder}{name}";

    /// <inheritdoc/>
    public Task<StoredObject?> ReadAsync(
        string name, string? knownTag, CancellationToken cancellationToken) =>
        RunAsync(name, async token =>
        {
            try
            {
                using var response = await _client.Value.GetObjectAsync(
                    new GetObjectRequest
                    {
                        BucketName = _bucket,
                        Key = _folder + name,
                        EtagToNotMatch = knownTag,
                    },
                    token);
                return await ReadAsync(response, token);
            }
            catch (AmazonS3Exception exception) when (exception.StatusCode == HttpStatusCode.NotModified)
            {
                return new(knownTag!, Content: null, default);
            }
            catch (AmazonS3Exception exception) when (IsMissing(exception))
            {
                return null;
            }
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WriteAsync(
        string name, byte[] content, string? replacedTag, CancellationToken cancellationToken) =>
        RunAsync(name, async token =>
        {
            using var stream = new MemoryStream(content, writable: false);
            var request = new PutObjectRequest
            {
                BucketName = _bucket,
                Key = _folder + name,
                InputStream = stream,
                AutoCloseStream = false,
                ContentType = "application/json",
                UseChunkEncoding = false,
            };
            var id = RandomNumberGenerator.GetHexString(32);
            request.Metadata[WriteId] = id;
            if (replacedTag is null)
                request.IfNoneMatch = "*";
            else
                request.IfMatch = replacedTag;
            try
            {
                await _client.Value.PutObjectAsync(request, token);
                return true;
            }
            catch (AmazonS3Exception exception) when (IsMissing(exception)
                || exception.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)
            {
                // If the answer to a write was lost, the SDK writes again, and that is refused.
                return await IsWrittenAsync(name, id, token);
            }
        }, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(
            name,
            token => _client.Value.DeleteObjectAsync(_bucket, _folder + name, token),
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyList<string>>(prefix, async token =>
        {
            var names = new List<string>();
            var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = _folder + prefix };
            do
            {
                var page = await _client.Value.ListObjectsV2Async(request, token);
                names.AddRange((page.S3Objects ?? []).Select(found => found.Key[_folder.Length..]));
                request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
            }
            while (request.ContinuationToken is not null);
            names.Sort(StringComparer.Ordinal);
            return names;
        }, cancellationToken);

    public void Dispose()
    {
        if (_client.IsValueCreated)
            _client.Value.Dispose();
    }

    private static AmazonS3Config ConfigOf(ConfigOptions options)
    {
        var config = new AmazonS3Config
        {
            Timeout = IObjectStore.TimeLimit / (MaxRetries + 1),
            MaxErrorRetry = MaxRetries,

            // Other stores than S3 do not know the checksums that the SDK adds by default.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Region is { } region)
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
            config.ForcePathStyle = true;
        }
        else if (config.RegionEndpoint is null) // Neither the environment nor the instance has one.
        {
            throw new AmazonClientException("the region is unknown; set Config:Region");
        }

        return config;
    }

    /// <summary>Whether the object does not exist, in a bucket that does.</summary>
    private static bool IsMissing(AmazonS3Exception exception) =>
        exception.StatusCode == HttpStatusCode.NotFound && exception.ErrorCode != "NoSuchBucket";

    private static async Task<StoredObject> ReadAsync(
        GetObjectResponse response, CancellationToken cancellationToken)
    {
        if (response.ContentLength > IObjectStore.MaxBytes)
            throw new IOException($"it has more than {IObjectStore.MaxBytes} bytes");
        using var content = new MemoryStream();
        await response.ResponseStream.CopyToAsync(content, cancellationToken);

        // A connection that broke ends the stream early.
        return content.Length == response.ContentLength
            ? new(response.ETag, content.ToArray(), response.LastModified ?? default(DateTimeOffset))
            : throw new IOException("the store sent only a part of it");
    }

    /// <summary>Whether the object is the one that the write with this id has written.</summary>
    private async Task<bool> IsWrittenAsync(string name, string id, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _client.Value.GetObjectMetadataAsync(
                _bucket, _folder + name, cancellationToken);
            return found.Metadata[WriteId] == id;
        }
        catch (AmazonS3Exception exception) when (exception.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private Task<T> RunAsync<T>(
        string name, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        ObjectStoreCall.RunAsync(
            Describe(name),
            work,
            exception => exception is AmazonServiceException or AmazonClientException or HttpRequestException,
            _time,
            cancellationToken);
}
