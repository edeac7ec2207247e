namespace Swarm.Proxy.Tests.Duties;

/// <summary>One case of tests/golden/duties: the request, the origin's answer, and what both sides must see.</summary>
internal sealed record DutyCase(string Request, string? Answer, IReadOnlyList<string> Expected, bool AllowsNothing)
{
    public static IEnumerable<(string File, string Name)> All()
    {
        foreach (var file in Directory.GetFiles(Folder, "*.txt").Order(StringComparer.Ordinal))
        {
            foreach (var line in File.ReadLines(file).Where(l => l.StartsWith("== ", StringComparison.Ordinal)))
            {
                yield return (Path.GetFileName(file), line[3..]);
            }
        }
    }

    public static DutyCase Load(string file, string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, file));
        var body = lines.SkipWhile(l => l != "== " + name).Skip(1).TakeWhile(l => !l.StartsWith("== ", StringComparison.Ordinal)).ToList();
        var parts = new List<List<string>> { new() };
        foreach (var line in body)
        {
            if (line == "----")
            {
                parts.Add([]);
            }
            else
            {
                parts[^1].Add(line);
            }
        }

        Assert.InRange(parts.Count, 2, 3);
        return new(Wire(parts[0]), parts.Count == 3 ? Wire(parts[1]) : null, [.. parts[^1].Where(l => l.Length > 0)], lines.Contains("allow nothing"));
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "golden", "duties");

    /// <summary>Head lines end with CRLF; what follows the first empty line is content, as it stands.</summary>
    private static string Wire(List<string> lines)
    {
        var empty = lines.IndexOf("");
        var head = empty < 0 ? lines : lines[..empty];
        var content = empty < 0 ? "" : string.Join("\r\n", lines[(empty + 1)..]);
        return Undo(string.Join("\r\n", head) + "\r\n\r\n" + content);
    }

    private static string Undo(string text) => text
        .Replace("\\0", "\0", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal)
        .Replace("\\r", "\r", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal)
        .Replace("{70000}", new string('a', 70_000), StringComparison.Ordinal)
        .Replace("{manyfields}", string.Join("\r\n", Enumerable.Range(0, 200).Select(i => $"X-{i}: y")), StringComparison.Ordinal);
}
