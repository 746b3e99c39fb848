using System.Security.Cryptography;

namespace Terse.Harness;

/// <param name="Content">The contents.</param>
/// <param name="Headers">The user metadata, by the names of its headers.</param>
/// <param name="ModifiedAt">When the object was written, in whole seconds, as in HTTP.</param>
internal sealed record S3Object(
    byte[] Content, IReadOnlyDictionary<string, string> Headers, DateTimeOffset ModifiedAt)
{
    /// <summary>The entity tag, in quotes.</summary>
#pragma warning disable CA5351 // S3 uses MD5, and its clients compare the tag with the contents.
    public string Tag { get; } = $"\"{Convert.ToHexStringLower(MD5.HashData(Content))}\"";
#pragma warning restore CA5351
}

/// <summary>The objects of one bucket. Safe for use by any number of threads.</summary>
internal sealed class S3Bucket
{
    private readonly Lock _changing = new();
    private readonly SortedDictionary<string, S3Object> _objects = new(StringComparer.Ordinal);

    public S3Object? Find(string key)
    {
        lock (_changing)
            return _objects.GetValueOrDefault(key);
    }

    /// <summary>Returns the objects whose keys begin with a text, in the order of their keys.</summary>
    public IReadOnlyList<KeyValuePair<string, S3Object>> List(string prefix)
    {
        lock (_changing)
            return [.. _objects.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))];
    }

    public void Delete(string key)
    {
        lock (_changing)
            _objects.Remove(key);
    }

    /// <summary>
    /// Writes an object under a condition, and returns the code of the error; null without an error.
    /// </summary>
    /// <param name="key">The key of the object.</param>
    /// <param name="written">The new object.</param>
    /// <param name="ifMatch">The tag that the present object must have; empty without this condition.</param>
    /// <param name="ifNoneMatch">"*" if there must be no object; empty without this condition.</param>
    public string? Write(string key, S3Object written, string ifMatch = "", string ifNoneMatch = "")
    {
        lock (_changing)
        {
            var present = _objects.GetValueOrDefault(key);
            if (ifMatch.Length > 0 && present is null)
                return "NoSuchKey";
            if (ifMatch.Length > 0 ? ifMatch != present!.Tag : ifNoneMatch == "*" && present is not null)
                return "PreconditionFailed";
            _objects[key] = written;
            return null;
        }
    }
}
