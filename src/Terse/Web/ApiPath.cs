namespace Terse.Web;

internal static class ApiPath
{
    /// <summary>Whether a path belongs to the API. The router ignores the case.</summary>
    public static bool Contains(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase);
}
