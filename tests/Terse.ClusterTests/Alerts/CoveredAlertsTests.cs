using System.Reflection;

namespace Terse.ClusterTests;

public sealed class CoveredAlertsTests
{
    [Fact]
    public void Every_shipped_alert_has_a_test_that_makes_it_fire_and_end()
    {
        var tested =
            from type in typeof(AlertTests).Assembly.GetTypes()
            where type.IsSubclassOf(typeof(AlertTests))
            from method in type.GetMethods()
            from alert in method.GetCustomAttribute<FiresAndEndsAttribute>()?.Alerts ?? []
            select alert;

        Assert.Equal(
            ShippedAlert.All.Select(alert => alert.Name).Order(StringComparer.Ordinal),
            tested.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_section_of_the_runbook_says_how_to_confirm_its_alert() =>
        Assert.All(ShippedAlert.All, alert => Assert.NotEmpty(alert.Queries));
}
