using System.Text.Json;

namespace Terse.Aws.Settings;

/// <summary>The versions that <c>versions.json</c> pins.</summary>
/// <param name="AmazonLinux">The release of Amazon Linux 2023, which fixes the version of each
/// package.</param>
/// <param name="Kernel">The series of the kernel, such as <c>6.12</c>.</param>
/// <param name="Postgres">The minor version of PostgreSQL on RDS.</param>
internal sealed record Versions(string AmazonLinux, string Kernel, string Postgres)
{
    public static Versions Pinned { get; } = JsonSerializer.Deserialize<Versions>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "versions.json")),
        JsonSerializerOptions.Web)!;
}
