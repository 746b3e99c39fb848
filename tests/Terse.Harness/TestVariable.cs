namespace Terse.Harness;

/// <summary>Reads a parameter of a test run, for example a seed, from an environment variable.</summary>
internal static class TestVariable
{
    public static int Read(string name, int defaultValue) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : defaultValue;
}
