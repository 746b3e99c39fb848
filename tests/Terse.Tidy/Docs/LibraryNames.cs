using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Terse.Tidy.Docs;

/// <summary>
/// Collects the names of the public types of .NET, ASP.NET Core and the packages, and the names of the
/// members of these types.
/// </summary>
internal static class LibraryNames
{
    // The names are read on first use, because reading all assemblies takes about a second.
    private static readonly Lazy<HashSet<string>> All = new(Read);

    internal static bool Contains(string name) => All.Value.Contains(name);

    private static HashSet<string> Read() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .AsParallel().SelectMany(NamesIn).ToHashSet(StringComparer.Ordinal);

    private static List<string> NamesIn(string assembly)
    {
        using PEReader file = new(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        return
        [
            .. from handle in metadata.TypeDefinitions
               let type = metadata.GetTypeDefinition(handle)
               where (type.Attributes & TypeAttributes.VisibilityMask)
                   is TypeAttributes.Public or TypeAttributes.NestedPublic
               from name in MembersOf(metadata, type).Prepend(type.Name)
               select metadata.GetString(name).Split('`')[0],
        ];
    }

    private static IEnumerable<StringHandle> MembersOf(MetadataReader metadata, TypeDefinition type) =>
    [
        .. type.GetMethods().Select(method => metadata.GetMethodDefinition(method).Name),
        .. type.GetProperties().Select(property => metadata.GetPropertyDefinition(property).Name),
        .. type.GetFields().Select(field => metadata.GetFieldDefinition(field).Name),
    ];
}
