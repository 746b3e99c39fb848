namespace Terse.Tidy.Layout;

public sealed class DependencyTests
{
    [Fact]
    public void Every_folder_of_the_program_knows_only_what_it_may() =>
        Findings.AssertNone(Tree.CSharpUnder("src/Terse/").SelectMany(DependencyRules.Broken));

    [Fact]
    public void Links_knows_http_only_in_its_endpoints() =>
        Findings.AssertNone(Tree.CSharpUnder("src/Terse/").SelectMany(DependencyRules.HttpInRules));

    [Fact]
    public void Every_namespace_is_that_of_its_folder() =>
        Findings.AssertNone(Tree.CSharpUnder("src/Terse/").SelectMany(DependencyRules.Misplaced));

    [Fact]
    public void No_global_using_goes_around_the_rules() =>
        Findings.AssertNone(Tree.CSharpUnder("src/").SelectMany(DependencyRules.GlobalUsings));

    [Theory]
    [InlineData("Links/Link.cs", "using Microsoft.AspNetCore.Http;")]
    [InlineData("Links/Link.cs", "using Terse.Hosting;")]
    [InlineData("Links/Link.cs", "using Npgsql;")]
    [InlineData("Links/Link.cs", "class C { System.Data.Common.DbConnection? _c; }")]
    [InlineData("Links/LinkEndpoints.cs", "using Microsoft.Data.Sqlite;")]
    [InlineData("Links/LinkEndpoints.cs", "using Terse.Access;")]
    [InlineData("Redirects/Cache.cs", "using Terse.Fleet;")]
    [InlineData("Redirects/Cache.cs", "using Terse.Storage.Sqlite;")]
    [InlineData("Visits/Spool.cs", "var c = global::Terse.Redirects.Cache.Create();")]
    [InlineData("Visits/Spool.cs", "Terse.Access.Keys.Find(1).Name.ToString();")]
    [InlineData("Visits/Spool.cs", "using Keys = Terse.Access.Keys;")]
    [InlineData("Visits/Spool.cs", "using static Terse.Access.Keys;")]
    [InlineData("Storage/Sqlite/Store.cs", "using Terse.Storage.Postgres;")]
    [InlineData("Storage/Postgres/Store.cs", "using Terse.Storage.Sqlite;")]
    [InlineData("Hosting/Setup.cs", "using Terse.Storage.Sqlite;")]
    [InlineData("Startup.cs", "using Terse.Storage.Sqlite;")]
    public void A_dependency_that_may_not_be_is_found(string path, string code) =>
        Assert.Single(DependencyRules.Broken(new("src/Terse/" + path, code)));

    [Theory]
    [InlineData("Program.cs", "using Terse.Storage.Sqlite;")]
    [InlineData("Commands/ServeCommand.cs", "using Terse.Storage.Postgres;")]
    [InlineData("Links/LinkEndpoints.cs", "using Microsoft.AspNetCore.Http;\nusing Terse.Hosting;")]
    [InlineData("Links/Link.cs", "namespace Terse.Links;\nvar all = Terse.Links.Rules.All;")]
    [InlineData("Links/Link.cs", "using System.DataAnnotations;\nvar text = \"Terse.Storage.Sqlite\";")]
    [InlineData("Redirects/Cache.cs", "using Terse.Links;\nusing Terse.Hosting;\nusing Terse.Visits;")]
    [InlineData("Storage/Sqlite/Store.cs", "using Terse.Links;\nusing Microsoft.Data.Sqlite;")]
    public void A_dependency_that_may_be_passes(string path, string code) =>
        Assert.Empty(DependencyRules.Broken(new("src/Terse/" + path, code)));

    [Fact]
    public void Http_that_comes_in_by_an_implicit_using_is_found()
    {
        const string Code = "class C { void M(HttpContext context) { } }";
        Assert.Single(DependencyRules.HttpInRules(new("src/Terse/Links/Link.cs", Code)));
        Assert.Empty(DependencyRules.HttpInRules(new("src/Terse/Links/LinkEndpoints.cs", Code)));
        Assert.Empty(DependencyRules.HttpInRules(new("src/Terse/Hosting/Errors.cs", Code)));
    }

    [Theory]
    [InlineData("src/Terse/Links/Rules/Expiry.cs", "Terse.Links", 0)]
    [InlineData("src/Terse/Links/Expiry.cs", "Terse.Visits", 1)]
    [InlineData("src/Terse/Storage/Sqlite/Store.cs", "Terse.Storage", 1)]
    [InlineData("src/Terse/Storage/Roles.cs", "Terse.Storage", 0)]
    public void A_file_in_another_folders_namespace_is_found(string path, string name, int count) =>
        Assert.Equal(count, DependencyRules.Misplaced(new(path, $"namespace {name};")).Count());

    [Fact]
    public void A_global_using_is_found_and_a_plain_one_passes()
    {
        Assert.Single(DependencyRules.GlobalUsings(new("a.cs", "global using Terse.Storage;")));
        Assert.Empty(DependencyRules.GlobalUsings(new("a.cs", "using Terse.Storage;")));
    }
}
