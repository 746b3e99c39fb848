using System.Runtime.InteropServices;

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
internal readonly record struct VisitRun(int Node, long Epoch, Guid Id = default);
