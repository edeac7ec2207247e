using System.Buffers;

namespace Swarm.Proxy.Cli;

/// <summary>Finds the proxies in the text of tools' configuration files. It reads as much of each grammar as a proxy line needs; what it does not understand names none.</summary>
internal static class ToolProxyText
{
    private static readonly SearchValues<char> AfterAptName = SearchValues.Create(" \t{};\"");

    /// <summary>apt.conf(5) and npm have words for "no proxy".</summary>
    private static readonly string[] None = ["direct", "false", "null", "none"];

    /// <summary>Each line that names a proxy by one of the keys, and what it says; empty for none.</summary>
    public static IEnumerable<(int Line, string Value)> Find(ToolProxyForm form, IReadOnlyList<string> keys, IEnumerable<string> lines) =>
        (form == ToolProxyForm.Apt ? Apt(keys, lines) : Ini(keys, lines)).Select(static found => (found.Line, IsNone(found.Value) ? "" : found.Value));

    private static bool IsNone(string value) => None.Contains(value.ToLowerInvariant());

    private static IEnumerable<(int Line, string Value)> Ini(IReadOnlyList<string> keys, IEnumerable<string> lines)
    {
        var (section, number) = ("", 0);
        foreach (var raw in lines)
        {
            number++;
            var line = raw.Trim();
            if (line.StartsWith('[') && line.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
            {
                // git: [http "https://host/"] is a section of its own for that host; a proxy in it counts no less.
                section = line[1..end].Split(' ', 2)[0].ToLowerInvariant() + ".";
                continue;
            }

            var cut = line.AsSpan().IndexOfAny("=: \t");
            if (cut <= 0 || line[0] is '#' or ';')
            {
                continue;
            }

            if (keys.Contains(section + line[..cut].ToLowerInvariant()))
            {
                yield return (number, Word(line[cut..].TrimStart('=', ':', ' ', '\t')));
            }
        }
    }

    /// <summary>Without its quotes, and without what stands behind it: a comment, or what no address has.</summary>
    private static string Word(string value)
    {
        var isQuoted = value is ['"' or '\'', ..];
        var text = isQuoted ? value[1..] : value;
        var end = isQuoted ? text.IndexOf(value[0], StringComparison.Ordinal) : text.AsSpan().IndexOfAny(" \t");
        return end < 0 ? text : text[..end];
    }

    private static IEnumerable<(int Line, string Value)> Apt(IReadOnlyList<string> keys, IEnumerable<string> lines)
    {
        var open = new Stack<string>();
        var (name, number) = ("", 0);
        foreach (var raw in lines)
        {
            number++;
            foreach (var word in AptWords(raw))
            {
                switch (word)
                {
                    case "{":
                        open.Push(name);
                        name = "";
                        break;
                    case "}":
                        open.TryPop(out _);
                        name = "";
                        break;
                    case ";":
                        name = "";
                        break;
                    case ['"', .. var quoted]:
                        var full = string.Join("::", open.Reverse().Append(name).Where(static n => n.Length > 0)).ToLowerInvariant();
                        // Acquire::http::Proxy::HOST is that host's own: a proxy in it counts no less, none is an exception that somebody made, as in no_proxy.
                        if (keys.Any(k => full == k || (full.StartsWith(k + "::", StringComparison.Ordinal) && !IsNone(quoted))))
                        {
                            yield return (number, quoted);
                        }

                        break;
                    default:
                        name = word;
                        break;
                }
            }
        }
    }

    /// <summary>Names, braces, semicolons, and quoted values with their opening quote; a comment ends the line.</summary>
    private static IEnumerable<string> AptWords(string line)
    {
        for (var at = 0; at < line.Length;)
        {
            var rest = line.AsSpan(at);
            if (rest.StartsWith("//") || rest[0] == '#')
            {
                yield break;
            }

            if (char.IsWhiteSpace(rest[0]))
            {
                at++;
            }
            else if (rest[0] is '{' or '}' or ';')
            {
                yield return line[at++].ToString();
            }
            else if (rest[0] == '"')
            {
                var end = rest[1..].IndexOf('"');
                end = end < 0 ? rest.Length - 1 : end;
                yield return line.Substring(at, end + 1);
                at += end + 2;
            }
            else
            {
                var end = rest.IndexOfAny(AfterAptName);
                end = end < 0 ? rest.Length : end;
                yield return line.Substring(at, end);
                at += end;
            }
        }
    }
}
