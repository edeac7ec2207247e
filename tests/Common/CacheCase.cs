namespace Swarm.Testing;

/// <summary>
/// One conformance case of tests/golden/cache: a talk between client, cache and origin, readable without a manual.
/// <code>
/// ## 9111 §4.2.1 | s-maxage counts before max-age
/// GET
/// &lt; 200 | Cache-Control: max-age=1, s-maxage=60
/// = 200 asked
/// wait 2
/// GET
/// = 200 stored "step1"
/// </code>
/// A request line may have a path suffix and fields after a bar; <c>&lt;</c> is what the origin answers if asked, <c>=</c> what the client must see:
/// status, whether the origin was asked (<c>asked</c>, <c>validated</c>, <c>stored</c>, <c>any</c>), body, fields
/// (<c>Name: value</c>, <c>Name&gt;5</c>, <c>-Name</c> for none; with <c>&gt;</c> before it, a field the origin saw). <c>;;</c> separates fields; <c>@-60</c> is a date.
/// </summary>
internal sealed record CacheCase(string File, string Section, string Name, IReadOnlyList<CacheStep> Steps)
{
    public override string ToString() => $"{File}: {Section} {Name}";

    public static IReadOnlyList<CacheCase> ReadAll(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(f => Read(Path.GetFileNameWithoutExtension(f), System.IO.File.ReadAllLines(f)))];

    public static IEnumerable<CacheCase> Read(string file, IReadOnlyList<string> lines)
    {
        CacheCase? current = null;
        var steps = new List<CacheStep>();
        foreach (var line in lines.Select(l => l.Trim()).Where(l => l.Length > 0 && (l[0] != '#' || l.StartsWith("##", StringComparison.Ordinal))))
        {
            if (line.StartsWith("##", StringComparison.Ordinal))
            {
                if (current is not null)
                {
                    yield return current with { Steps = steps };
                }

                var head = line[2..].Split('|', 2, StringSplitOptions.TrimEntries);
                current = new(file, head[0], head[1], []);
                steps = [];
            }
            else if (line[0] is '<' or '=')
            {
                var last = steps[^1];
                steps[^1] = line[0] == '<' ? last with { Origin = CacheStep.Cells(line[1..]) } : last with { Expected = CacheStep.Cells(line[1..]) };
            }
            else
            {
                steps.Add(new(CacheStep.Cells(line), null, null));
            }
        }

        yield return current! with { Steps = steps };
    }
}

/// <summary>One step: a request with its answers, or a wait.</summary>
internal sealed record CacheStep((string Head, IReadOnlyList<string> Fields) Request, (string Head, IReadOnlyList<string> Fields)? Origin, (string Head, IReadOnlyList<string> Fields)? Expected)
{
    public int WaitSeconds => Request.Head.StartsWith("wait ", StringComparison.Ordinal) ? int.Parse(Request.Head[5..], System.Globalization.CultureInfo.InvariantCulture) : 0;

    public static (string Head, IReadOnlyList<string> Fields) Cells(string text)
    {
        var bar = text.IndexOf('|', StringComparison.Ordinal);
        return bar < 0 ? (text.Trim(), []) : (text[..bar].Trim(), text[(bar + 1)..].Split(";;", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }
}
