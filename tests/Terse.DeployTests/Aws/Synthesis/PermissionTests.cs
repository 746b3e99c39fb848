using System.Text.Json.Nodes;
using Terse.Aws.Settings;

namespace Terse.DeployTests;

/// <summary>Each role may do what it needs, and the exceptions that AWS demands are listed here.</summary>
[Collection(Templates.Collection)]
public sealed class PermissionTests
{
    /// <summary>
    /// Actions for which AWS accepts no resource but <c>*</c>, or where <c>*</c> is the key itself.
    /// </summary>
    private static readonly HashSet<string> WithoutResource = new(StringComparer.Ordinal)
    {
        // Session Manager's channels have no resources.
        "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
        // In the policy of a key, * means this key.
        "kms:*", "kms:Decrypt", "kms:GenerateDataKey",
    };

    /// <summary>Policies of AWS that Image Builder demands on the machine that builds the image.</summary>
    private static readonly string[] PoliciesOfAws =
        ["AmazonSSMManagedInstanceCore", "EC2InstanceProfileForImageBuilder"];

    public static TheoryData<string> Sources { get; } = new("S3", "Efs");

    [Theory]
    [MemberData(nameof(Sources))]
    public void No_permission_has_all_resources_except_where_aws_demands_it(string source)
    {
        var allowed =
            Statements(source).Where(statement => (string?)statement.Node["Effect"] == "Allow").ToList();
        Assert.True(allowed.Count > 10);
        Assert.All(allowed.Where(statement => HasAllResources(statement.Node)), statement => Assert.Subset(
            WithoutResource, Actions(statement.Node).ToHashSet(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void No_permission_has_all_actions_of_a_service(string source) => Assert.All(
        Statements(source).Where(statement =>
            (string?)statement.Node["Effect"] == "Allow" && statement.Owner.Type != "AWS::KMS::Key"),
        statement => Assert.DoesNotContain(Actions(statement.Node), action =>
            action is "*" || action.EndsWith(":*", StringComparison.Ordinal)));

    [Fact]
    public void Only_the_builder_has_policies_of_aws()
    {
        var names = Templates.Of(FleetSizes.Small).OfType("AWS::IAM::Role")
            .SelectMany(role => role["ManagedPolicyArns"]?.AsArray() ?? new JsonArray())
            .Select(policy => policy!.ToJsonString().Split('/', '"')[^2]);
        Assert.Equal(PoliciesOfAws, names.Order());
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_server_can_neither_read_the_password_nor_write_the_configuration(string source)
    {
        var server = StatementsOf(source, "ServerRole").ToList();
        var actions = server.SelectMany(Actions).ToList();
        Assert.DoesNotContain(actions, action => action.StartsWith("s3:Put", StringComparison.Ordinal));
        Assert.DoesNotContain("elasticfilesystem:ClientWrite", actions);
        var secret = Assert.Single(server, node => Actions(node).Contains("secretsmanager:GetSecretValue"));
        Assert.Contains(
            "secret:terse/configuration/*", secret["Resource"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(actions, action =>
            action == (source == "S3" ? "s3:GetObject" : "elasticfilesystem:ClientMount"));
    }

    [Theory]
    [ClassData(typeof(SizeData))]
    public void A_server_signs_in_to_each_database_as_one_user(string size)
    {
        var templates = SizeData.Templates(size);
        var statement = Assert.Single(
            StatementsOf(templates, "ServerRole"), node => Actions(node).Contains("rds-db:connect"));
        var users = statement["Resource"]!.AsArray();
        Assert.Equal(SizeData.Find(size).Replicas + 1, users.Count);
        Assert.All(users, user => Assert.Contains("/terse", user!.ToJsonString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Another_role_writes_the_configuration()
    {
        var writer = StatementsOf(Templates.Of(FleetSizes.Small), "Writer");
        Assert.Contains(writer, node => Actions(node).Contains("s3:PutObject"));
        Assert.DoesNotContain(writer.SelectMany(Actions), action => action == "s3:DeleteBucket");
    }

    private static IEnumerable<JsonNode> StatementsOf(string source, string role) =>
        StatementsOf(Templates.Of(FleetSizes.Small, Enum.Parse<ConfigurationSource>(source)), role);

    /// <summary>
    /// The statements of the policies in a role, and of policies whose name contains the role's.
    /// </summary>
    private static IReadOnlyList<JsonNode> StatementsOf(Templates templates, string role) =>
        [.. Statements(templates)
            .Where(statement => statement.Owner.Id.StartsWith(role, StringComparison.Ordinal)
            && (string?)statement.Owner.Type is "AWS::IAM::Role" or "AWS::IAM::Policy")
            .Where(statement => statement.Node["Principal"] is null)
            .Select(statement => statement.Node)];

    private static IEnumerable<(TemplateResource Owner, JsonNode Node)> Statements(string source) =>
        Statements(Templates.Of(FleetSizes.Small, Enum.Parse<ConfigurationSource>(source)));

    /// <summary>
    /// All statements of all policies, in whatever property of whatever resource they stand.
    /// </summary>
    private static IEnumerable<(TemplateResource Owner, JsonNode Node)> Statements(Templates templates) =>
        from resource in templates.Resources
        from node in Descendants(resource.Node)
        where node is JsonObject statement && statement.ContainsKey("Effect")
            && statement.ContainsKey("Action")
        select (resource, node);

    private static IEnumerable<JsonNode> Descendants(JsonNode? node) => node switch
    {
        JsonObject children => children.SelectMany(child => Descendants(child.Value)).Prepend(node),
        JsonArray items => items.SelectMany(Descendants).Prepend(node),
        null => [],
        _ => [node],
    };

    private static IEnumerable<string> Actions(JsonNode statement) => statement["Action"] switch
    {
        JsonArray actions => actions.Select(action => (string)action!),
        var action => [(string)action!],
    };

    private static bool HasAllResources(JsonNode statement) => statement["Resource"] switch
    {
        JsonArray resources => resources.Any(IsAll),
        var resource => IsAll(resource),
    };

    private static bool IsAll(JsonNode? resource) => resource is JsonValue && (string?)resource == "*";
}
