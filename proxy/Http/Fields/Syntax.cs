using System.Buffers;

namespace Swarm.Http;

/// <summary>The shared grammar of RFC 9110 §5.6: tokens, optional whitespace, quoted strings, decimal numerals.</summary>
internal static class Syntax
{
    private static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"); // §5.6.2 tchar

    public static bool IsOws(char c) => c is ' ' or '\t';

    public static ReadOnlySpan<char> TrimOws(ReadOnlySpan<char> s) => s.Trim(" \t");

    public static bool IsTokenChar(char c) => TokenChars.Contains(c);

    public static bool IsToken(ReadOnlySpan<char> s) => s.Length > 0 && !s.ContainsAnyExcept(TokenChars);

    public static bool IsDigits(ReadOnlySpan<char> s) => s.Length > 0 && !s.ContainsAnyExceptInRange('0', '9');

    /// <summary>Reads a numeral of 1*DIGIT of any length; past <see cref="long.MaxValue"/> it stays there and never wraps (§14.1.1).</summary>
    public static bool TryClampedNumber(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        if (!IsDigits(digits))
        {
            return false;
        }

        foreach (var c in digits)
        {
            var digit = c - '0';
            if (value > (long.MaxValue - digit) / 10)
            {
                value = long.MaxValue;
                return true;
            }

            value = (value * 10) + digit;
        }

        return true;
    }

    /// <summary>Reads a numeral that must fit a <see cref="long"/>.</summary>
    public static bool TryExactNumber(ReadOnlySpan<char> digits, out long value) =>
        TryClampedNumber(digits, out value) && CompareNumerals(digits, "9223372036854775807") <= 0;

    /// <summary>Compares two numerals of any length: &lt; 0, 0, &gt; 0.</summary>
    public static int CompareNumerals(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        a = a.TrimStart('0');
        b = b.TrimStart('0');
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);
    }

    /// <summary>
    /// Takes the next element of a comma list, quotes respected (§5.6.1, §5.6.4); empty elements come as empty spans. False at the end.
    /// </summary>
    public static bool NextElement(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> element)
    {
        if (rest.IsEmpty)
        {
            element = default;
            return false;
        }

        var end = EndOf(rest, ',');
        element = TrimOws(rest[..end]);
        rest = end == rest.Length ? [] : rest[(end + 1)..];
        return true;
    }

    /// <summary>Where <paramref name="separator"/> first stands outside quotes; the length if nowhere.</summary>
    public static int EndOf(ReadOnlySpan<char> s, char separator)
    {
        var quoted = false;
        for (var i = 0; i < s.Length; i++)
        {
            var c = s[i];
            if (quoted && c == '\\')
            {
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == separator && !quoted)
            {
                return i;
            }
        }

        return s.Length;
    }

    /// <summary>The text of a token or a quoted string (quoted pairs undone, §5.6.4); null if it is neither.</summary>
    public static string? TokenOrQuoted(ReadOnlySpan<char> s)
    {
        if (s.IsEmpty || s[0] != '"')
        {
            return IsToken(s) ? s.ToString() : null;
        }

        var text = new System.Text.StringBuilder(s.Length);
        for (var i = 1; i < s.Length; i++)
        {
            if (s[i] == '"')
            {
                return i == s.Length - 1 ? text.ToString() : null;
            }

            if (s[i] == '\\' && ++i == s.Length)
            {
                return null;
            }

            text.Append(s[i]);
        }

        return null;
    }
}
