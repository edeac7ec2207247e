using System.Globalization;
using System.Text;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>A response as it stood on the wire.</summary>
internal sealed record RawAnswer(int Status, string Head, IReadOnlyList<(string Name, string Value)> Fields, byte[] Body)
{
    public string Text => Encoding.Latin1.GetString(Body);

    public static RawAnswer Parse(string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var fields = lines.Skip(1).Select(l => (l[..l.IndexOf(':', StringComparison.Ordinal)], l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())).ToList();
        return new RawAnswer(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), head, fields, []);
    }

    /// <summary>The one value of that name; null when there is none.</summary>
    public string? Field(string name) => Fields.SingleOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public bool Has(string name) => Fields.Any(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
