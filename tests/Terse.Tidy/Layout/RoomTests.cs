using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Layout;

/// <summary>
/// A room is a folder that contains the code of one concept. Its sub-folders are parts of the room.
/// </summary>
public sealed class RoomTests
{
    private const int MaxFiles = 12;

    [Fact]
    public void A_folder_holds_at_most_12_source_files() =>
        Findings.AssertNone(TooManyFiles(Tree.CSharp.Select(file => file.Path)));

    [Fact]
    public void A_file_has_the_namespace_of_its_room() =>
        Findings.AssertNone(Tree.CSharpUnder("src/").SelectMany(Misplaced));

    [Fact]
    public void A_folder_with_13_files_is_found()
    {
        var files = Enumerable.Range(1, MaxFiles).Select(number => $"src/Terse/Links/{number}.cs").ToList();
        Assert.Empty(TooManyFiles([.. files, "src/Terse/Links/Api/Other.cs"]));
        Assert.Single(TooManyFiles([.. files, "src/Terse/Links/File13.cs"]));
    }

    [Theory]
    [InlineData("src/Terse/Links/Targets/Target.cs", "Terse.Links", 0)]
    [InlineData("src/Terse/Links/Targets/Target.cs", "Terse.Links.Targets", 1)]
    [InlineData("src/Terse/Links/Link.cs", "Terse.Visits", 1)]
    [InlineData("src/Terse/Storage/Sqlite/Links/Store.cs", "Terse.Storage.Sqlite", 0)]
    [InlineData("src/Terse/Storage/Sqlite/Store.cs", "Terse.Storage", 1)]
    [InlineData("src/Terse/Storage/IStorage.cs", "Terse.Storage", 0)]
    [InlineData("src/Terse.Horizon/Hosts/Router.cs", "Terse.Horizon", 0)]
    [InlineData("src/Terse.Tsid/Tsid.cs", "Terse", 0)]
    public void A_file_with_the_namespace_of_another_room_is_found(string path, string name, int count) =>
        Assert.Equal(count, Misplaced(new(path, $"namespace {name};")).Count());

    private static IEnumerable<Finding> TooManyFiles(IEnumerable<string> paths) =>
        from folder in paths.GroupBy(path => path[..path.LastIndexOf('/')], StringComparer.Ordinal)
        where folder.Count() > MaxFiles
        select new Finding(
            folder.Key, 1, $"{folder.Count()} files, at most {MaxFiles}: split the folder by concept");

    private static IEnumerable<Finding> Misplaced(SourceFile file)
    {
        var expected = file.Path.Split('/') switch
        {
            [_, "Terse", "Storage", var store, _, ..] => $"Terse.Storage.{store}",
            [_, "Terse", var room, _, ..] => $"Terse.{room}",
            [_, "Terse.Horizon", ..] => "Terse.Horizon",
            _ => "Terse",
        };
        return
            from declaration in file.Syntax.Members.OfType<BaseNamespaceDeclarationSyntax>()
            where !string.Equals(declaration.Name.ToString(), expected, StringComparison.Ordinal)
            select file.At(declaration, $"the namespace of this room is {expected}");
    }
}
