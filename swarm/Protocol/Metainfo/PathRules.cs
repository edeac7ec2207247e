using System.Text;

namespace Swarm.Protocol;

/// <summary>
/// Turns the path components of a torrent into one safe relative path. What could leave the torrent's folder is refused;
/// what a file system or a terminal could misread (control characters, invalid UTF-8, device names) is rewritten visibly.
/// </summary>
internal static class PathRules
{
    /// <summary>The longest name of common file systems, bytes.</summary>
    public const int MaxComponentBytes = 255;

    /// <summary>Linux PATH_MAX, bytes.</summary>
    public const int MaxPathBytes = 4096;

    /// <summary>More folders than any file system tool walks at ease; keeps the walk over a file tree shallow.</summary>
    public const int MaxComponents = 60;

    private const int MaxShownChars = 120;

    /// <summary>Null if the components are safe, else what is wrong with them.</summary>
    public static string? Check(IReadOnlyList<ReadOnlyMemory<byte>> components)
    {
        if (components.Count is 0 or > MaxComponents)
        {
            return components.Count == 0 ? "the path is empty" : $"the path has {components.Count} components, {MaxComponents} are allowed";
        }

        var total = components.Count - 1;
        foreach (var component in components)
        {
            total += component.Length;
            var problem = Check(component.Span);
            if (problem is not null)
            {
                return problem;
            }
        }

        return total > MaxPathBytes ? $"the path is {total} bytes long, {MaxPathBytes} are allowed" : null;
    }

    public static string Join(IReadOnlyList<ReadOnlyMemory<byte>> components) =>
        string.Join('/', components.Select(c => Printable(c.Span)));

    /// <summary>A path for an error line: its end, where the file's name is.</summary>
    public static string Show(IReadOnlyList<ReadOnlyMemory<byte>> components)
    {
        var path = Join(components);
        return path.Length <= MaxShownChars ? path : "…" + path[^(MaxShownChars - 1)..];
    }

    /// <summary>RFC 3986 §2.1: all but unreserved characters percent-encoded, from the original bytes.</summary>
    public static string Escape(IReadOnlyList<ReadOnlyMemory<byte>> components) =>
        string.Join('/', components.Select(c => PercentEncoding.Encode(c.Span)));

    /// <summary>True if <paramref name="path"/> is the components unchanged, so that they need not be kept beside it.</summary>
    public static bool IsFaithful(string path, IReadOnlyList<ReadOnlyMemory<byte>> components)
    {
        var rest = Encoding.UTF8.GetBytes(path).AsSpan();
        foreach (var component in components)
        {
            if (!rest.StartsWith(component.Span))
            {
                return false;
            }

            rest = rest[component.Length..];
            rest = rest.IsEmpty ? rest : rest[1..];
        }

        return rest.IsEmpty;
    }

    private static string? Check(ReadOnlySpan<byte> component)
    {
        if (component.IsEmpty)
        {
            return "a path component is empty";
        }

        if (component.SequenceEqual("."u8) || component.SequenceEqual(".."u8))
        {
            return "a path component is '.' or '..', which could leave the torrent's folder";
        }

        if (component.IndexOfAny("/\\\0"u8) >= 0)
        {
            return "a path component holds a slash, a backslash or a NUL";
        }

        return component.Length > MaxComponentBytes ? $"a path component is {component.Length} bytes long, {MaxComponentBytes} are allowed" : null;
    }

    /// <summary>One component as text: bytes that are no printable UTF-8 become %XX, device names of Windows get an underscore in front.</summary>
    internal static string Printable(ReadOnlySpan<byte> component)
    {
        var text = new StringBuilder(component.Length);
        while (!component.IsEmpty)
        {
            var done = Rune.DecodeFromUtf8(component, out var rune, out var used);
            if (done == System.Buffers.OperationStatus.Done && !Rune.IsControl(rune))
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var b in component[..used])
                {
                    text.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
                }
            }

            component = component[used..];
        }

        return IsDeviceName(text.ToString()) ? "_" + text : text.ToString();
    }

    private static bool IsDeviceName(string name)
    {
        var stem = name.AsSpan();
        var dot = stem.IndexOf('.');
        stem = (dot < 0 ? stem : stem[..dot]).TrimEnd(' ');
        if (stem.Length == 4 && stem[3] is >= '1' and <= '9')
        {
            return stem[..3].Equals("COM", StringComparison.OrdinalIgnoreCase) || stem[..3].Equals("LPT", StringComparison.OrdinalIgnoreCase);
        }

        return stem.Length == 3
            && (stem.Equals("CON", StringComparison.OrdinalIgnoreCase) || stem.Equals("PRN", StringComparison.OrdinalIgnoreCase)
                || stem.Equals("AUX", StringComparison.OrdinalIgnoreCase) || stem.Equals("NUL", StringComparison.OrdinalIgnoreCase));
    }
}
