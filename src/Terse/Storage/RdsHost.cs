namespace Terse.Storage;

/// <summary>Finds the region of a database host of Amazon RDS or Aurora.</summary>
internal static class RdsHost
{
    private static readonly string[] Variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];

    /// <summary>
    /// Returns the region that the name of the host contains, such as
    /// <c>db1.c9akciq32rgm.eu-central-1.rds.amazonaws.com</c>, or else that of the environment; null if
    /// neither has one.
    /// </summary>
    /// <param name="host">The name of the host.</param>
    /// <param name="variable">Returns an environment variable.</param>
    public static string? FindRegion(string host, Func<string, string?> variable)
    {
        string[] labels = host.TrimEnd('.').ToLowerInvariant().Split('.');
        var service = Array.LastIndexOf(labels, "rds");
        var hasRegion = service >= 2
            && labels[(service + 1)..] is ["amazonaws", "com"] or ["amazonaws", "com", "cn"];
        return hasRegion
            ? labels[service - 1]
            : Variables.Select(variable).FirstOrDefault(set => !string.IsNullOrEmpty(set));
    }
}
