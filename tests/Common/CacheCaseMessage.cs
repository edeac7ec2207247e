using System.Globalization;

namespace Swarm.Testing;

/// <summary>The head of a message, and its body where it was read.</summary>
internal sealed record CacheCaseMessage(string StartLine, IReadOnlyList<(string Name, string Value)> Fields, string Body = "")
{
    public int Status => int.Parse(StartLine.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>All lines of that name, joined; null for none.</summary>
    public string? Field(string name)
    {
        var lines = Fields.Where(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value).ToList();
        return lines.Count == 0 ? null : string.Join(", ", lines);
    }

    public static CacheCaseMessage Parse(string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return new(lines[0], [.. lines.Skip(1).Select(l => l.Split(':', 2)).Select(p => (p[0], p[1].Trim()))]);
    }

    public static string DateText(DateTimeOffset at) => at.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
}
