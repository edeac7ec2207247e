namespace Swarm.Http.Tests;

/// <summary>A file of <c>case | input | expected</c> rows under tests/golden/http; lines that start with # are comments.</summary>
internal static class GoldenTable
{
    public static TheoryData<string, string, string> Rows(string file)
    {
        var data = new TheoryData<string, string, string>();
        var names = new HashSet<string>();
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", "http", file)))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var cells = line.Split('|');
            if (cells.Length != 3 || !names.Add(cells[0].Trim()))
            {
                throw new InvalidDataException($"{file}: not three cells, or a name used twice: {line}");
            }

            data.Add(cells[0].Trim(), Undo(cells[1]), cells[2].Trim());
        }

        return data;
    }

    /// <summary>Fields from <c>Name: value ; Name: value</c>; ";;" separates lines where values hold semicolons.</summary>
    public static HttpFields Fields(string text, string separator = ";;")
    {
        var fields = new HttpFields();
        foreach (var line in text.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            fields.Add(line[..colon], line[(colon + 1)..]);
        }

        return fields;
    }

    // Edges of a cell are trimmed; \s and \t stand for whitespace that matters, \p for a bar.
    private static string Undo(string cell) => cell.Trim()
        .Replace("\\s", " ", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\p", "|", StringComparison.Ordinal);
}
