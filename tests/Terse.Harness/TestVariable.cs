namespace Terse.Harness;

/// <summary>What the environment says of a run: its seed, its length.</summary>
internal static class TestVariable
{
    public static int Read(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}
