using System.Reflection;

namespace Swarm.Diagnostics.Verbs;

/// <summary>
/// The files of a page that Node built from <c>diagnostics/Dashboard</c>, inside a program; none where the build had no Node. They hold no data: their
/// scripts ask the API with the token.
/// </summary>
public sealed class BuiltPages
{
    /// <summary>Nothing but the program's own files, and no other page around it.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Prefix = "dashboard/";

    private readonly Dictionary<string, BuiltFile> _files;

    /// <param name="program">The assembly that they were built into.</param>
    public BuiltPages(Assembly program) => _files = program.GetManifestResourceNames()
        .Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(static n => n[Prefix.Length..], n => new BuiltFile(Bytes(program, n), MediaTypeOf(n)));

    /// <summary>Null where there is no such file.</summary>
    public BuiltFile? Find(string name) => _files.GetValueOrDefault(name);

    private static byte[] Bytes(Assembly program, string name)
    {
        using var stream = program.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string MediaTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/html; charset=utf-8",
    };
}
