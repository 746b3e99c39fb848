using System.Runtime.InteropServices;

namespace Terse.Visits;

/// <summary>
/// Identifies a run of a Terse server, which lasts from the start of the process to its end. The node and the
/// epoch come from the node reservation that the server held when it wrote the first batch of the run. A
/// database never assigns an epoch of a node twice, so no two runs on the same database are equal.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VisitRun(int Node, long Epoch);
