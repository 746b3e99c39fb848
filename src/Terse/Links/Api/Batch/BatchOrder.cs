using System.Runtime.InteropServices;

namespace Terse.Links;

/// <summary>
/// Divides the items of a batch into chains. The items of a chain run one after the other, in their order;
/// the chains run at the same time, so that their links are stored in few transactions. Two items that name
/// the same link are in one chain.
/// </summary>
internal static class BatchOrder
{
    /// <param name="names">
    /// The names of each item: of its link, and of the link after the change. An item without a name is a
    /// chain of its own.
    /// </param>
    /// <returns>The indexes of the items of each chain, in ascending order.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Divide(IReadOnlyList<IReadOnlyList<LinkName>> names)
    {
        var earlier = Enumerable.Range(0, names.Count).ToArray();
        var last = new Dictionary<LinkName, int>();
        for (var index = 0; index < names.Count; index++)
        {
            foreach (var name in names[index])
            {
                ref var other = ref CollectionsMarshal.GetValueRefOrAddDefault(last, name, out var isKnown);
                if (isKnown)
                    earlier[FirstOf(index)] = FirstOf(other);
                other = index;
            }
        }

        return [.. Enumerable.Range(0, names.Count)
            .GroupBy(FirstOf)
            .Select(chain => (IReadOnlyList<int>)[.. chain])];

        int FirstOf(int index)
        {
            while (earlier[index] != index)
                index = earlier[index] = earlier[earlier[index]];
            return index;
        }
    }
}
