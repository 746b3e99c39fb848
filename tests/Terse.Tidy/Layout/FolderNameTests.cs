using System.Collections.Immutable;

namespace Terse.Tidy.Layout;

public sealed class FolderNameTests
{
    private static readonly ImmutableHashSet<string> Drawers = ImmutableHashSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Utils", "Util", "Helpers", "Helper", "Common", "Misc",
        "Services", "Interfaces", "Models", "Managers");

    [Fact]
    public void No_folder_is_a_drawer_for_whatever_has_no_place() =>
        Findings.AssertNone(InDrawer(Tree.Paths));

    [Theory]
    [InlineData("src/Terse/Utils/Text.cs")]
    [InlineData("web/src/helpers/time.ts")]
    [InlineData("Common/a.md")]
    public void A_drawer_is_found(string path) =>
        Assert.Single(InDrawer([path]));

    [Theory]
    [InlineData("src/Terse/Links/Link.cs")]
    [InlineData("src/Terse/Links/Helpers.cs")]
    [InlineData("docs/commonplace/a.md")]
    public void A_folder_with_a_name_of_its_own_passes(string path) =>
        Assert.Empty(InDrawer([path]));

    private static IEnumerable<Finding> InDrawer(IEnumerable<string> paths) =>
        from path in paths
        from folder in path.Split('/').SkipLast(1)
        where Drawers.Contains(folder)
        select new Finding(path, 1, $"the folder {folder} says nothing: name it after the concept it holds");
}
