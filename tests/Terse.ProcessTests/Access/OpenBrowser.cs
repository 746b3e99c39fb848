using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>A browser that all tests of a class share, because its start takes seconds.</summary>
public sealed class OpenBrowser : IAsyncLifetime
{
    internal Chromium Chromium { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Chromium = await Harness.Chromium.StartAsync();

    public ValueTask DisposeAsync() => Chromium.DisposeAsync();
}
