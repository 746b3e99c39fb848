namespace Terse.Harness;

internal enum PassageKind
{
    Open,
    Delayed,
    Closed,
    ClosedBack,
    Broken,
}
