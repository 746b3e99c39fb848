using System.Globalization;

namespace Terse.Visits;

/// <summary>
/// The name of a <see cref="SpoolSegment"/>: node, epoch and id of the run, and the number of the first batch
/// in the file. The previous version of Terse wrote names without the id.
/// </summary>
internal static class SpoolFileName
{
    public const string Extension = ".spool";

    public static string PathOf(string folder, VisitRun run, long first)
    {
        var id = run.Id == Guid.Empty ? "" : $"{run.Id:N}-";
        return Path.Combine(folder, $"{run.Node}-{run.Epoch}-{id}{first}{Extension}");
    }

    /// <summary>Returns null if the file does not have the name of a spool file.</summary>
    public static (VisitRun Run, long First)? Parse(string path)
    {
        var id = Guid.Empty;
        var parts = Path.GetFileNameWithoutExtension(path).Split('-');
        return parts is [var node, var epoch, .. var ids, var first]
            && (ids is [] || (ids is [var text] && Guid.TryParseExact(text, "N", out id)))
            && int.TryParse(node, NumberStyles.None, CultureInfo.InvariantCulture, out var nodeNumber)
            && long.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var epochNumber)
            && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var firstNumber)
                ? (new VisitRun(nodeNumber, epochNumber, id), firstNumber)
                : null;
    }
}
