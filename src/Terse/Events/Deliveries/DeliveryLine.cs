using System.Globalization;

namespace Terse.Events;

/// <summary>Names the line of an event (<see cref="TakenLine.Line"/>).</summary>
internal static class DeliveryLine
{
    public static string Of(StoredEvent stored) => stored.LinkId is { } link
        ? string.Create(CultureInfo.InvariantCulture, $"link:{link}")
        : $"{stored.Type[..stored.Type.IndexOf('.')]}:{stored.Subject}";
}
