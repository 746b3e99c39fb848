using System.Collections.Immutable;

namespace Terse.Tidy.Layout;

public sealed class FolderNameTests
{
    private static readonly ImmutableHashSet<string> VagueNames = ImmutableHashSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Utils", "Util", "Helpers", "Helper", "Common", "Misc",
        "Services", "Interfaces", "Models", "Managers");

    [Fact]
    public void No_folder_has_a_name_without_a_concept() =>
        Findings.AssertNone(InVagueFolder(Tree.Paths));

    [Theory]
    [InlineData("src/Terse/Utils/Text.cs")]
    [InlineData("web/src/helpers/time.ts")]
    [InlineData("Common/a.md")]
    public void A_folder_name_without_a_concept_is_found(string path) =>
        Assert.Single(InVagueFolder([path]));

    [Theory]
    [InlineData("src/Terse/Links/Link.cs")]
    [InlineData("src/Terse/Links/Helpers.cs")]
    [InlineData("docs/commonplace/a.md")]
    public void A_folder_name_with_a_concept_passes(string path) =>
        Assert.Empty(InVagueFolder([path]));

    private static IEnumerable<Finding> InVagueFolder(IEnumerable<string> paths) =>
        from path in paths
        from folder in path.Split('/').SkipLast(1)
        where VagueNames.Contains(folder)
        select new Finding(path, 1, $"the name {folder} is too general: name the folder after its concept");
}
