using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Terse.Tests.Web;

/// <summary>Reads the comments of types and properties from the XML file that the compiler writes.</summary>
internal sealed partial class TypeComments
{
    private readonly Dictionary<string, XElement> _members;

    public TypeComments(Assembly assembly)
    {
        var document = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"));
        _members = document.Descendants("member")
            .ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);
    }

    public string? Of(Type type) => TextOf(Find($"T:{type.FullName}")?.Element("summary"));

    /// <remarks>A parameter of a record's constructor is documented at the record.</remarks>
    public string? Of(PropertyInfo property)
    {
        var type = property.DeclaringType!.FullName;
        return TextOf(Find($"P:{type}.{property.Name}")?.Element("summary"))
            ?? TextOf(_members.GetValueOrDefault($"T:{type}")?.Elements("param")
                .FirstOrDefault(parameter => parameter.Attribute("name")!.Value == property.Name));
    }

    private XElement? Find(string name)
    {
        var member = _members.GetValueOrDefault(name);
        return member?.Element("inheritdoc")?.Attribute("cref") is { } other ? Find(other.Value) : member;
    }

    private static string? TextOf(XElement? element)
    {
        if (element is null)
            return null;
        var text = string.Concat(element.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "see" } see => Quote(see.Attribute("cref")!.Value.Split('.')[^1]),
            XElement { Name.LocalName: "paramref" } other => Quote(other.Attribute("name")!.Value),
            XElement other => $"`{other.Value}`",
            _ => ((XText)node).Value,
        }));
        return Spaces.Replace(text, " ").Trim();
    }

    private static string Quote(string name) => $"`{char.ToLowerInvariant(name[0])}{name[1..]}`";

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces { get; }
}
