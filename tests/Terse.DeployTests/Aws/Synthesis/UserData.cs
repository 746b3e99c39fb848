using System.Text.Json.Nodes;

namespace Terse.DeployTests;

/// <summary>The user data of a machine, as the template has it.</summary>
internal static class UserData
{
    /// <summary>
    /// Returns the user data that runs the script. Values that only AWS knows are <c>ref-NAME</c>, with the
    /// name of the resource.
    /// </summary>
    public static string Of(Templates templates, string script = "configure-server")
    {
        var texts = templates.OfType("AWS::EC2::LaunchTemplate")
            .Select(template => Text(template["LaunchTemplateData"]!["UserData"]!["Fn::Base64"]!));
        return Assert.Single(texts, text => text.EndsWith("/" + script, StringComparison.Ordinal));
    }

    private static string Text(JsonNode node) => node switch
    {
        JsonObject join when join["Fn::Join"] is { } parts => string.Join(
            (string?)parts[0], parts[1]!.AsArray().Select(part => Text(part!))),
        JsonObject reference => "ref-" + string.Concat(
            reference.First().Value!.ToJsonString().Where(char.IsAsciiLetterOrDigit)),
        _ => (string)node!,
    };
}
