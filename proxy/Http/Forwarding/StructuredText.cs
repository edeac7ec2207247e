using System.Text;

namespace Swarm.Http;

/// <summary>Writes structured field values (RFC 9651 §4.1).</summary>
internal static class StructuredText
{
    /// <summary>An sf-string: printable ASCII, quotes and backslashes escaped, everything else a question mark.</summary>
    public static StringBuilder AppendQuoted(this StringBuilder to, string text)
    {
        to.Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\')
            {
                to.Append('\\');
            }

            to.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return to.Append('"');
    }

    /// <summary>The member's own name: an sf-token where it can be one, else an sf-string.</summary>
    public static StringBuilder AppendName(this StringBuilder to, string name) =>
        Syntax.IsToken(name) && (char.IsAsciiLetter(name[0]) || name[0] == '*') ? to.Append(name) : to.AppendQuoted(name);
}
