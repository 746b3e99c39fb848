using Terse.Events;

namespace Terse.Tests.Events;

public sealed class EventOptionsTests
{
    public static TheoryData<string, bool> Values => new()
    {
        { "Retention 3.23:59:59", false }, { "Retention 4.00:00:00", true },
        { "Retention 365.00:00:00", true }, { "Retention 366.00:00:00", false },
        { "Source urn:terse", true }, { "Source https://go.example", true }, { "Source go", true },
        { "Source ", false }, { "Source two words", false },
        { "VisitDomains default", true }, { "VisitDomains go.example:8080", true },
        { "VisitDomains no host", false },
        { "VisitTags Mail", true }, { "VisitTags  x", false },
        { "MaxStreams 0", false }, { "MaxStreams 10000", true }, { "MaxStreams 10001", false },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_out_of_its_range_is_refused_with_the_name_of_its_setting(string setting, bool isValid)
    {
        var name = setting[..setting.IndexOf(' ')];
        var value = setting[(name.Length + 1)..];
        var options = new EventOptions();
        switch (name)
        {
            case "Retention":
                options.Retention = TimeSpan.Parse(value);
                break;
            case "Source":
                options.Source = value;
                break;
            case "VisitDomains":
                options.VisitDomains = [value];
                break;
            case "VisitTags":
                options.VisitTags = [value];
                break;
            default:
                options.MaxStreams = int.Parse(value);
                break;
        }

        var result = new EventOptionsValidator().Validate(null, options);

        Assert.Equal(isValid, result.Succeeded);
        if (!isValid)
            Assert.StartsWith("Events:" + name, Assert.Single(result.Failures!), StringComparison.Ordinal);
    }
}
