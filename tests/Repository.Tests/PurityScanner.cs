using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Swarm.Repository.Tests;

/// <summary>Reads what an assembly's IL refers to, and names what a pure project may not see.</summary>
internal static class PurityScanner
{
    private static readonly string[] BannedNamespaces =
    [
        "System.Net.Sockets", "System.Net.Http", "System.IO.Pipelines", "System.Threading.Tasks", "System.Threading.Channels",
    ];

    private static readonly HashSet<string> BannedTypes =
    [
        "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.RandomAccess",
        "System.Threading.Thread", "System.Threading.ThreadPool", "System.Threading.Timer", "System.TimeProvider", "System.Diagnostics.Stopwatch",
        "System.Diagnostics.Process", "System.Random", "System.Security.Cryptography.RandomNumberGenerator", "System.Console",
    ];

    private static readonly HashSet<string> BannedMembers =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today",
        "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Environment.get_TickCount", "System.Environment.get_TickCount64", "System.Environment.GetEnvironmentVariable",
        "System.Guid.NewGuid",
        // These differ between platforms in the last bit; a replay must not.
        "System.Math.Log", "System.Math.Log2", "System.Math.Log10", "System.Math.Exp", "System.Math.Pow",
        "System.MathF.Log", "System.MathF.Exp", "System.MathF.Pow",
    ];

    /// <summary>Everything impure that <paramref name="assembly"/> refers to, sorted.</summary>
    public static IReadOnlyList<string> Impurities(string assembly)
    {
        using var stream = File.OpenRead(assembly);
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var handle in metadata.TypeReferences)
        {
            var type = metadata.GetTypeReference(handle);
            var space = metadata.GetString(type.Namespace);
            var name = $"{space}.{metadata.GetString(type.Name)}";
            if (BannedTypes.Contains(name) || BannedNamespaces.Any(n => space == n || space.StartsWith(n + ".", StringComparison.Ordinal)))
            {
                found.Add(name);
            }
        }

        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference)
            {
                continue;
            }

            var type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
            var name = $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}.{metadata.GetString(member.Name)}";
            if (BannedMembers.Contains(name))
            {
                found.Add(name);
            }
        }

        return [.. found];
    }

    /// <summary>The assemblies that <paramref name="assembly"/> refers to.</summary>
    public static IReadOnlyList<string> References(string assembly)
    {
        using var stream = File.OpenRead(assembly);
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name))];
    }
}
