namespace Terse.Links;

/// <summary>
/// Whether the server reads the titles of links from their targets. The settings are in the section
/// <c>Titles</c>.
/// </summary>
internal sealed class TitleOptions
{
    public const string Section = "Titles";

    public static readonly string[] SettingNames = [nameof(Fetch), nameof(AllowPrivateNetworks)];

    /// <summary>
    /// Whether a request may ask for the title of the target, with the title <c>auto</c>. The server then
    /// sends a request to the target. Default: true.
    /// </summary>
    public bool Fetch { get; set; } = true;

    /// <summary>
    /// Whether titles may be read from addresses that are not public, such as those of the server itself or
    /// of its network. With true, everyone who can create links can make the server send requests into its
    /// network. Default: false.
    /// </summary>
    public bool AllowPrivateNetworks { get; set; }
}
