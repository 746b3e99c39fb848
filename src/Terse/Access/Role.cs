namespace Terse.Access;

/// <summary>What a key allows. Each role allows everything that the roles before it allow.</summary>
internal enum Role
{
    /// <summary>Reads links, tags, domains and counts of visits.</summary>
    Viewer,

    /// <summary>Also creates links, and changes the links that the same key created.</summary>
    Creator,

    /// <summary>Also changes all links and tags.</summary>
    Editor,

    /// <summary>
    /// Also changes keys, domains and blocks, and reads the audit, the reports and the fleet.
    /// </summary>
    Admin,
}

/// <summary>Converts roles to and from the names that the API, the commands and the stores use.</summary>
internal static class RoleNames
{
    public const string All = "viewer, creator, editor or admin";

    private static readonly string[] Names = ["viewer", "creator", "editor", "admin"];

    public static string Of(Role role) => Names[(int)role];

    public static bool TryParse(string? name, out Role role)
    {
        var index = Array.IndexOf(Names, name);
        role = (Role)index;
        return index >= 0;
    }
}
