namespace Swarm.Mutations;

/// <summary>
/// One rule of an RFC and the change of the source that breaks it. In <c>rules/*.txt</c>:
/// <code>
/// == a suffix longer than the content is all of it
/// 9110 §14.1.2 | proxy/Http/Ranges/RangeSpec.cs
/// - Math.Min(First, length)
/// + First
/// </code>
/// A third cell names the classes of Swarm.Proxy.Tests that are run; without one, all of Swarm.Http.Tests is. Lines of <c>-</c> stand
/// together in the source, those of <c>+</c> take their place.
/// </summary>
/// <param name="Rule">The rule as it should be; the mutant breaks it.</param>
/// <param name="Section">Number of the RFC and section.</param>
/// <param name="File">Path in the repository.</param>
/// <param name="Before">Source text that stands exactly once in the file, whatever its indentation.</param>
/// <param name="Classes">Test classes of Swarm.Proxy.Tests; empty for all of Swarm.Http.Tests.</param>
public sealed record Mutation(string Rule, string Section, string File, string Before, string After, IReadOnlyList<string> Classes)
{
    /// <summary>All of a folder of rules, in the order of its files.</summary>
    /// <exception cref="InvalidDataException">A rule is not written as it must be, or twice.</exception>
    public static IReadOnlyList<Mutation> ReadAll(string folder)
    {
        var all = Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(f => Read(System.IO.File.ReadAllLines(f))).ToList();
        return all.GroupBy(m => m.Rule).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new InvalidDataException($"twice: {twice.Key}")
            : all;
    }

    /// <summary>The mutant's source; null unless the text stands there exactly once, so that a rule cannot outlive its code unseen.</summary>
    public string? Apply(string source)
    {
        var lines = source.Split('\n');
        var before = Before.Split('\n');
        var places = Enumerable.Range(0, lines.Length - before.Length + 1).Where(at => StandsAt(lines, before, at)).ToList();
        if (places is not [var place])
        {
            return null;
        }

        if (before.Length == 1)
        {
            var at = lines[place].IndexOf(Before, StringComparison.Ordinal);
            if (lines[place].IndexOf(Before, at + 1, StringComparison.Ordinal) >= 0)
            {
                return null;
            }

            lines[place] = string.Concat(lines[place].AsSpan(0, at), After, lines[place].AsSpan(at + Before.Length));
            return string.Join('\n', lines);
        }

        return string.Join('\n', [.. lines[..place], After, .. lines[(place + before.Length)..]]);
    }

    // One line may be a part of a line of the source; several are whole lines.
    private static bool StandsAt(string[] lines, string[] before, int at) => before.Length == 1
        ? lines[at].Contains(before[0], StringComparison.Ordinal)
        : before.Index().All(b => lines[at + b.Index].Trim() == b.Item.Trim());

    private static IEnumerable<Mutation> Read(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("== ", StringComparison.Ordinal))
            {
                continue;
            }

            var rule = lines[i][3..].Trim();
            var head = i + 1 < lines.Length ? lines[++i].Split('|', StringSplitOptions.TrimEntries) : [];
            var before = Take(lines, ref i, '-');
            var after = Take(lines, ref i, '+');
            yield return head.Length is 2 or 3 && before.Count > 0 && after.Count > 0
                ? new(rule, head[0], head[1], string.Join('\n', before), string.Join('\n', after), head.Length == 3 ? head[2].Split(' ', StringSplitOptions.RemoveEmptyEntries) : [])
                : throw new InvalidDataException($"not a rule: {rule}");
        }
    }

    private static List<string> Take(string[] lines, ref int at, char sign)
    {
        var taken = new List<string>();
        while (at + 1 < lines.Length && lines[at + 1].StartsWith(sign))
        {
            taken.Add(lines[++at][1..].Trim());
        }

        return taken;
    }
}
