using System.Text.Json;

namespace Terse.Hosting;

/// <summary>What the cloud says about the machine on which the server runs.</summary>
/// <param name="InstanceId">The id of the instance, such as <c>i-0123456789abcdef0</c>.</param>
/// <param name="InstanceType">The type of the instance, such as <c>c7g.large</c>.</param>
/// <param name="ImageId">The image from which the instance was started.</param>
/// <param name="Region">The region, such as <c>eu-central-1</c>.</param>
/// <param name="Zone">The availability zone, such as <c>eu-central-1a</c>.</param>
internal sealed record CloudMachine(
    string? InstanceId, string? InstanceType, string? ImageId, string? Region, string? Zone)
{
    /// <summary>Reads the identity document of an EC2 instance.</summary>
    /// <exception cref="JsonException">The text is no such document.</exception>
    public static CloudMachine Parse(string document)
    {
        using var json = JsonDocument.Parse(document);
        var root = json.RootElement;
        if (root.ValueKind is not JsonValueKind.Object)
            throw new JsonException("The identity document of the instance is no JSON object.");
        return new(
            TextOf("instanceId"), TextOf("instanceType"), TextOf("imageId"), TextOf("region"),
            TextOf("availabilityZone"));

        string? TextOf(string name) =>
            root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
                ? value.GetString()
                : null;
    }
}
