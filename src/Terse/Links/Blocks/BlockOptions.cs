using Microsoft.Extensions.Options;
using Terse.Hosting;

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

/// <param name="start">
/// The shared configuration. A command that validates it runs on a machine that need not have the file.
/// </param>
internal sealed class BlockOptionsValidator(ConfigStart? start = null) : IValidateOptions<BlockOptions>
{
    public ValidateOptionsResult Validate(string? name, BlockOptions options)
    {
        if (options.File is null || start is { Home: null })
            return ValidateOptionsResult.Success;
        try
        {
            BlockFile.AssertHasContent(options.File);
            return ValidateOptionsResult.Success;
        }
        catch (Exception exception) when (BlockFile.IsFailure(exception))
        {
            return ValidateOptionsResult.Fail(BlockFile.Explain(options.File, exception));
        }
    }
}
