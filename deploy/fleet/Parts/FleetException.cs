namespace Terse.FleetTool;

/// <summary>A command cannot continue. The message says what happened, then what to do.</summary>
#pragma warning disable CA1032 // Every failure has a message.
internal sealed class FleetException(string message) : Exception(message);
