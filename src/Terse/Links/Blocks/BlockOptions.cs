namespace Terse.Links;

/// <summary>
/// Names a file with blocked hosts. The settings are in the section <c>Blocks</c>. The blocks in the database
/// need no setting.
/// </summary>
internal sealed class BlockOptions
{
    public const string Section = "Blocks";

    public static readonly string[] SettingNames = [nameof(File)];

    /// <summary>
    /// The path of a text file with blocked hosts (<see cref="BlockFile"/>), in addition to those in the
    /// database. Default: none. The server reads a changed file within a second.
    /// </summary>
    public string? File { get; set; }
}
