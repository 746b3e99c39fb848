using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace Terse.Tidy.Docs;

/// <summary>The names of the public types of .NET and ASP.NET Core, and of their members.</summary>
internal static class FrameworkNames
{
    // Loaded on first use, because loading takes about a second.
    private static readonly Lazy<HashSet<string>> All = new(Read);

    internal static bool Contains(string name) => All.Value.Contains(name);

    private static HashSet<string> Read() =>
        Assemblies().AsParallel().SelectMany(NamesIn).ToHashSet(StringComparer.Ordinal);

    /// <summary>The assemblies of the running version: <c>shared/(framework)/(version)/*.dll</c>.</summary>
    private static IEnumerable<string> Assemblies()
    {
        var runtime = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory());
        return
            from framework in runtime.Parent!.Parent!.EnumerateDirectories()
            let version = new DirectoryInfo(Path.Combine(framework.FullName, runtime.Name))
            where version.Exists
            from assembly in version.EnumerateFiles("*.dll")
            select assembly.FullName;
    }

    private static List<string> NamesIn(string assembly)
    {
        using PEReader file = new(File.OpenRead(assembly));
        if (!file.HasMetadata)
            return [];

        var metadata = file.GetMetadataReader();
        List<string> names = [];
        foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).Where(IsPublic))
        {
            names.Add(metadata.GetString(type.Name).Split('`')[0]);
            names.AddRange(type.GetMethods().Select(method =>
                metadata.GetString(metadata.GetMethodDefinition(method).Name)));
            names.AddRange(type.GetProperties().Select(property =>
                metadata.GetString(metadata.GetPropertyDefinition(property).Name)));
            names.AddRange(type.GetFields().Select(field =>
                metadata.GetString(metadata.GetFieldDefinition(field).Name)));
        }

        return names;
    }

    private static bool IsPublic(TypeDefinition type) =>
        (type.Attributes & TypeAttributes.VisibilityMask)
            is TypeAttributes.Public
            or TypeAttributes.NestedPublic;
}
