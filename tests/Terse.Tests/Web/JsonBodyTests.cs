using System.Net;

namespace Terse.Tests.Web;

/// <summary>
/// Tests how the API answers a request body that is not the JSON that the endpoint expects.
/// </summary>
public sealed class JsonBodyTests : IAsyncLifetime
{
    private const string NewLink =
        "a JSON object with the field 'target' and, optionally, other fields of a link";

    private const string CommonFields =
        "'target', 'title', 'note', 'tags', 'enabled', 'validFrom', 'expiresAt', 'expiresIn', "
        + "'expiredTarget', 'maxVisits', 'redirectStatus', 'forwardQuery', 'forwardPath', 'visitEvents', "
        + "'rules' and 'password'";

    private const string ChangedFields = "'code', 'allowMixedScripts', " + CommonFields;

    private const string Fields = "'code', 'allowMixedScripts', 'domain', " + CommonFields;

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("""{"taget": "x"}""", "taget")]
    [InlineData("""{"target": "https://a.example/", "target ": 1}""", "target ")]
    [InlineData("""{"a.b['c']": 1, "target": 1}""", "a.b['c']")]
    [InlineData("""{"": 1}""", "")]
    public Task An_unknown_field_is_reported_with_the_known_fields(string body, string field) =>
        AssertRefusedAsync(body, field, $"The field '{field}' is unknown; the fields are {Fields}.");

    [Theory]
    [InlineData("""{"target": "https://a.example/", "target": "https://b.example/"}""", "target")]
    [InlineData("""{"target": "https://a.example/", "TARGET": "https://b.example/"}""", "TARGET")]
    [InlineData("""{"maxVisits": null, "maxVisits": "x"}""", "maxVisits")]
    public Task A_field_that_is_given_more_than_once_is_reported(string body, string field) =>
        AssertRefusedAsync(body, field, $"The field '{field}' is given more than once; send it once.");

    [Theory]
    [InlineData("""{"target": 42}""", "target", "a string")]
    [InlineData("""{"target": ["https://a.example/"]}""", "target", "a string")]
    [InlineData("""{"target": true}""", "target", "a string")]
    [InlineData("""{"target": 42, "target": "https://a.example/"}""", "target", "a string")]
    [InlineData("""{"target": "https://a.example/", "domain": {}}""", "domain", "a string")]
    [InlineData("""{"Target": 42}""", "Target", "a string")]
    [InlineData("""{"maxVisits": "1"}""", "maxVisits", "a whole number")]
    [InlineData("""{"maxVisits": 1.5}""", "maxVisits", "a whole number")]
    [InlineData("""{"maxVisits": 1e30}""", "maxVisits", "a whole number")]
    public Task A_field_of_the_wrong_type_is_reported_with_the_expected_type(
        string body, string field, string type) =>
        AssertRefusedAsync(body, field, $"The field '{field}' has the wrong type; it must be {type}.");

    [Theory]
    [InlineData("""{"maxVisits": 9223372036854775808}""")]
    [InlineData("""{"maxVisits": -99999999999999999999}""")]
    public Task A_whole_number_of_more_than_64_bits_is_out_of_range(string body) => AssertRefusedAsync(
        body, "maxVisits", "The field 'maxVisits' is out of range; send a number in its range.");

    [Fact]
    public Task A_string_with_half_of_a_surrogate_pair_is_reported() => AssertRefusedAsync(
        """{"target": "\ud800"}""",
        "target",
        "The field 'target' is not valid Unicode; send complete surrogate pairs in UTF-8.");

    [Theory]
    [InlineData("""{"rules": [{"name": "\ud800"}]}""")]
    [InlineData("""{"rules": [{"if": {"\udc00": [1, {}]}}]}""")]
    public Task A_text_inside_of_a_field_with_half_of_a_surrogate_pair_is_reported(string body) =>
        AssertRefusedAsync(
            body, "rules", "The field 'rules' is not valid Unicode; send complete surrogate pairs in UTF-8.");

    [Fact]
    public Task A_mistake_after_a_field_with_several_levels_is_found() => AssertRefusedAsync(
        """{"rules": [{"a": [[], {"b": "c"}]}, 1], "target": 1}""",
        "target",
        "The field 'target' has the wrong type; it must be a string.");

    [Fact]
    public Task A_field_name_with_half_of_a_surrogate_pair_is_reported() => AssertRefusedAsync(
        """{"target": "https://a.example/", "\ud800": 1}""",
        null,
        "The name of a field is not valid Unicode; send complete surrogate pairs in UTF-8.");

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("42")]
    [InlineData("\"https://example.com/\"")]
    public Task A_body_that_is_not_an_object_is_told_what_is_expected(string body) =>
        AssertRefusedAsync(body, null, $"The body must be {NewLink}.");

    [Theory]
    [InlineData("", null, "line 1, byte 1")]
    [InlineData("not json", null, "line 1, byte 2")]
    [InlineData("{\"target\":", "target", "line 1, byte 11")]
    [InlineData("{\n\"target\": \"https://a.example/\",\n}", null, "line 3, byte 1")]
    [InlineData("{} {}", null, "line 1, byte 4")]
    [InlineData("[1,", null, "line 1, byte 3")]
    public Task A_body_that_is_not_JSON_is_reported_with_the_place_of_the_mistake(
        string body, string? field, string place) =>
        AssertRefusedAsync(body, field, $"The body is not valid JSON ({place}); it must be {NewLink}.");

    [Fact]
    public async Task A_change_is_told_the_fields_of_a_change()
    {
        await _server.CreateCodeAsync("https://example.com/", "sale");
        using var list = await _server.SendAsync(HttpMethod.Patch, "sale", "[]");
        using var unknown = await _server.SendAsync(HttpMethod.Patch, "sale", """{"hasTarget": true}""");

        await AssertDetailAsync(
            list,
            null,
            "The body must be a JSON object with the fields to change.");
        await AssertDetailAsync(
            unknown,
            "hasTarget",
            $"The field 'hasTarget' is unknown; the fields are {ChangedFields}.");
    }

    [Fact]
    public async Task A_byte_order_mark_before_the_body_is_skipped()
    {
        using var response = await _server.PostAsync("\ufeff{\"target\": \"https://example.com/\"}");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private async Task AssertRefusedAsync(string body, string? field, string detail)
    {
        using var response = await _server.PostAsync(body);
        await AssertDetailAsync(response, field, detail);
    }

    private static async Task AssertDetailAsync(HttpResponseMessage response, string? field, string detail)
    {
        var problem = await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "request-malformed", field);
        Assert.Equal(detail, problem.GetProperty("detail").GetString());
    }
}
