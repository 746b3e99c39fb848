using Terse.Aws.Settings;

namespace Terse.DeployTests;

/// <summary>The names of all sizes, for tests that each size must pass.</summary>
internal sealed class SizeData : TheoryData<string>
{
    public SizeData()
        : base(FleetSizes.All.Select(size => size.Name))
    {
    }

    public static Templates Templates(string size) => DeployTests.Templates.Of(Find(size));

    public static FleetSize Find(string name) => FleetSizes.All.Single(size => size.Name == name);
}
