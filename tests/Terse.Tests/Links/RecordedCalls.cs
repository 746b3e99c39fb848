using Terse.Links;

namespace Terse.Tests.Links;

/// <summary>
/// Records the notifications that it receives: the code of each changed link, <c>complete</c> and
/// <c>all</c>.
/// </summary>
internal sealed class RecordedCalls : ILinkChangeListener
{
    private readonly List<string> _calls = [];

    public void OnChanged(LinkName name) => _calls.Add(name.Code);

    public void OnComplete(long completeAt) => _calls.Add("complete");

    public void OnAllChanged() => _calls.Add("all");

    public override string ToString() => string.Join(' ', _calls);
}
