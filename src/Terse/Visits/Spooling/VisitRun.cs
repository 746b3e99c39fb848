using System.Runtime.InteropServices;

namespace Terse.Visits;

/// <summary>
/// Identifies a run of a Terse server, which lasts from the start of the process to its end. The node and the
/// epoch come from the node reservation that the server held when it wrote the first batch of the run. An
/// epoch of a node is never assigned twice, so no two runs are equal.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VisitRun(int Node, long Epoch);
