namespace Terse.Hosting;

/// <summary>
/// Finds the identity of the machine: in a cloud the id of the instance, elsewhere the machine id of Linux.
/// </summary>
internal static class HostId
{
    /// <summary>
    /// Amazon's hypervisor writes the id of an EC2 instance here
    /// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html).
    /// </summary>
    private const string BoardAssetTag = "/sys/devices/virtual/dmi/id/board_asset_tag";

    /// <summary>See machine-id(5).</summary>
    private static readonly string[] MachineIds = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

    private const int MaxLength = 100;

    /// <summary>Returns the identity; null if the machine has none.</summary>
    public static string? Find() => Find(ReadFirstLine);

    /// <param name="read">Reads the first line of a file; null if there is none.</param>
    public static string? Find(Func<string, string?> read)
    {
        if (IsInstance(read))
            return read(BoardAssetTag);
        return MachineIds.Select(read).FirstOrDefault(id => id is { Length: > 0 and <= MaxLength });
    }

    /// <summary>Whether the machine has the id of an EC2 instance.</summary>
    public static bool IsInstance(Func<string, string?> read) =>
        read(BoardAssetTag)?.StartsWith("i-", StringComparison.Ordinal) == true;

    /// <summary>Returns the first line of a file; null if it cannot be read.</summary>
    public static string? ReadFirstLine(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault()?.Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
