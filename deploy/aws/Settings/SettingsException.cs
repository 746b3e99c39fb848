namespace Terse.Aws.Settings;

/// <summary>A value of the context is missing or wrong. The message says how to correct it.</summary>
internal sealed class SettingsException : Exception
{
    public SettingsException()
    {
    }

    public SettingsException(string message)
        : base(message)
    {
    }

    public SettingsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
