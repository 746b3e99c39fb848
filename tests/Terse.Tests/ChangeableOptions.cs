using Microsoft.Extensions.Options;

namespace Terse.Tests;

/// <summary>Options that a test sets and changes.</summary>
internal sealed class ChangeableOptions<T>(T value) : IOptionsMonitor<T>
{
    private Action<T, string?>? _listener;

    public T CurrentValue { get; private set; } = value;

    public T Get(string? name) => CurrentValue;

    public IDisposable? OnChange(Action<T, string?> listener)
    {
        _listener += listener;
        return null;
    }

    /// <summary>Changes the options, and notifies their users.</summary>
    public void Change(T value)
    {
        CurrentValue = value;
        _listener?.Invoke(value, null);
    }
}
