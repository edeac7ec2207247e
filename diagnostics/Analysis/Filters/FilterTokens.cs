namespace Swarm.Diagnostics.Analysis;

/// <summary>The words of a filter expression: names and values, operators, parentheses.</summary>
internal static class FilterTokens
{
    private const string Operators = "=!<>&|";

    public static List<string> Of(string text)
    {
        var tokens = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
                continue;
            }

            if (c is '(' or ')')
            {
                i++;
            }
            else if (c is '"' or '\'')
            {
                var end = text.IndexOf(c, i + 1);
                end = end < 0 ? text.Length : end;
                tokens.Add(text[(i + 1)..end]);
                i = Math.Min(end + 1, text.Length);
                continue;
            }
            else if (Operators.Contains(c, StringComparison.Ordinal))
            {
                // Two characters are one operator when the second is '=', or the first again: >= && ||.
                i++;
                i += i < text.Length && (c is '&' or '|' ? text[i] == c : text[i] == '=') ? 1 : 0;
            }
            else
            {
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('(' or ')') && !Operators.Contains(text[i], StringComparison.Ordinal))
                {
                    i++;
                }
            }

            tokens.Add(text[start..i]);
        }

        return tokens;
    }
}
