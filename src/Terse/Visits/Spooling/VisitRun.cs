using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Terse.Visits;

/// <summary>
/// Identifies a run of a Terse server, which lasts from the start of the process to its end. Only the random
/// id makes a run unique: after a database is restored, it assigns the same epochs again, and a batch of a
/// new run must not look like a batch that was counted before. The files of the previous version of Terse
/// have no id; their runs are identified by node and epoch.
/// </summary>
/// <param name="Node">The node that the server held when it wrote the first batch of the run.</param>
/// <param name="Epoch">The epoch of the reservation of the node.</param>
/// <param name="Id">The random id; empty for a run of the previous version.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VisitRun(int Node, long Epoch, Guid Id = default)
{
    /// <summary>
    /// Whether the run contains only one batch, which the database refused, and which an operator sends
    /// again. The epochs of reservations begin at 1.
    /// </summary>
    public bool IsSetAside => Epoch == 0;

    /// <summary>
    /// Returns the run of a batch that the database refused. The id is the same whenever the same batch is
    /// refused. So if a failure leaves the batch in the spool, and it is refused and sent again twice, its
    /// visits are counted once.
    /// </summary>
    public static VisitRun SetAside(VisitBatch refused)
    {
        Span<byte> source = stackalloc byte[36];
        refused.Run.Id.TryWriteBytes(source, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(source[16..], refused.Run.Node);
        BinaryPrimitives.WriteInt64BigEndian(source[20..], refused.Run.Epoch);
        BinaryPrimitives.WriteInt64BigEndian(source[28..], refused.Number);
        return new(0, 0, new Guid(SHA256.HashData(source).AsSpan(0, 16)));
    }
}
