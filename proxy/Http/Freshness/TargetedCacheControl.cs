using System.Buffers;
using System.Globalization;

namespace Swarm.Http;

/// <summary>
/// A targeted Cache-Control field such as CDN-Cache-Control (RFC 9213 §2.1): a structured dictionary, read as strictly as RFC 9651 §4.2.2
/// says. Empty or unreadable means as if absent. Turned into the directives of a plain <see cref="CacheControl"/>.
/// </summary>
public static class TargetedCacheControl
{
    private static readonly SearchValues<char> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    /// <summary>Null if the field is absent, empty or no dictionary.</summary>
    public static CacheControl? Parse(string? value)
    {
        ReadOnlySpan<char> s = value is null ? [] : value.AsSpan().Trim(' ');
        if (s.IsEmpty)
        {
            return null;
        }

        var members = new Dictionary<string, string?>(StringComparer.Ordinal);
        while (true)
        {
            if (!TryKey(ref s, out var key))
            {
                return null;
            }

            string? argument = null;
            var usable = true;
            if (s.StartsWith('='))
            {
                s = s[1..];
                if (!TryItem(ref s, out argument, out usable))
                {
                    return null;
                }
            }

            if (!TryParameters(ref s))
            {
                return null;
            }

            // The last of two members with one key counts (§4.2.2). A value of the wrong type is not consumed (RFC 9213 §2.1).
            members.Remove(key);
            if (usable && (!IsNumeric(key) || IsCount(argument)))
            {
                members.Add(key, argument);
            }

            s = s.TrimStart(" \t");
            if (s.IsEmpty)
            {
                return CacheControl.Parse(string.Join(',', members.Select(m => m.Value is null ? m.Key : $"{m.Key}={m.Value}")));
            }

            if (s[0] != ',')
            {
                return null;
            }

            s = s[1..].TrimStart(" \t");
            if (s.IsEmpty)
            {
                return null; // a trailing comma
            }
        }
    }

    private static bool IsNumeric(string key) => key is "max-age" or "s-maxage" or "stale-while-revalidate" or "stale-if-error";

    private static bool IsCount(string? argument) => argument is not null && Syntax.IsDigits(argument);

    private static bool TryKey(ref ReadOnlySpan<char> s, out string key)
    {
        var end = 0;
        while (end < s.Length && (char.IsAsciiLetterLower(s[end]) || s[end] == '*' || (end > 0 && (char.IsAsciiDigit(s[end]) || s[end] is '_' or '-' or '.'))))
        {
            end++;
        }

        key = s[..end].ToString();
        s = s[end..];
        return end > 0;
    }

    /// <param name="argument">As a Cache-Control argument; null for true.</param>
    /// <param name="usable">False for a value that no directive can have: ?0, bytes, an inner list, a date.</param>
    private static bool TryItem(ref ReadOnlySpan<char> s, out string? argument, out bool usable)
    {
        argument = null;
        usable = true;
        if (s.IsEmpty)
        {
            return false;
        }

        switch (s[0])
        {
            case '?':
                usable = s.StartsWith("?1");
                return s.Length > 1 && s[1] is '0' or '1' && Take(ref s, 2);
            case '"':
                return TryString(ref s, out argument);
            case '(':
                usable = false;
                return TryInnerList(ref s);
            case ':':
                usable = false;
                var close = s[1..].IndexOf(':');
                return close >= 0 && !s.Slice(1, close).ContainsAnyExcept(Base64) && Take(ref s, close + 2);
            case '@':
                usable = false;
                s = s[1..];
                return TryNumber(ref s, out var date) && !date.Contains('.', StringComparison.Ordinal);
            case '-' or (>= '0' and <= '9'):
                return TryNumber(ref s, out argument);
            default:
                return TryToken(ref s, out argument);
        }
    }

    private static bool TryNumber(ref ReadOnlySpan<char> s, out string text)
    {
        var sign = s.StartsWith('-') ? 1 : 0;
        var whole = Digits(s[sign..]);
        var end = sign + whole;
        var fraction = 0;
        if (end < s.Length && s[end] == '.')
        {
            fraction = Digits(s[(end + 1)..]);
            end += 1 + fraction;
            text = s[..end].ToString();
            s = s[end..];
            return whole is >= 1 and <= 12 && fraction is >= 1 and <= 3;
        }

        text = s[..end].ToString();
        s = s[end..];
        return whole is >= 1 and <= 15;
    }

    private static int Digits(ReadOnlySpan<char> s) => s.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : s.Length;

    private static bool TryString(ref ReadOnlySpan<char> s, out string? quoted)
    {
        quoted = null;
        for (var i = 1; i < s.Length; i++)
        {
            if (s[i] == '"')
            {
                quoted = s[..(i + 1)].ToString();
                return Take(ref s, i + 1);
            }

            if (s[i] is < ' ' or > '~' || (s[i] == '\\' && (++i == s.Length || s[i] is not ('"' or '\\'))))
            {
                return false;
            }
        }

        return false;
    }

    private static bool TryToken(ref ReadOnlySpan<char> s, out string? token)
    {
        token = null;
        if (!char.IsAsciiLetter(s[0]) && s[0] != '*')
        {
            return false;
        }

        var end = 1;
        while (end < s.Length && (Syntax.IsTokenChar(s[end]) || s[end] is ':' or '/'))
        {
            end++;
        }

        token = string.Create(CultureInfo.InvariantCulture, $"\"{s[..end]}\""); // ':' and '/' may not stand in an unquoted argument
        return Take(ref s, end);
    }

    private static bool TryInnerList(ref ReadOnlySpan<char> s)
    {
        s = s[1..];
        while (true)
        {
            s = s.TrimStart(' ');
            if (s.StartsWith(')'))
            {
                return Take(ref s, 1);
            }

            if (s.IsEmpty || s[0] == '(' || !TryItem(ref s, out _, out _) || !TryParameters(ref s) || s.IsEmpty || s[0] is not (' ' or ')'))
            {
                return false;
            }
        }
    }

    private static bool TryParameters(ref ReadOnlySpan<char> s)
    {
        while (s.StartsWith(';'))
        {
            s = s[1..].TrimStart(' ');
            if (!TryKey(ref s, out _))
            {
                return false;
            }

            if (s.StartsWith('='))
            {
                s = s[1..];
                if (s.IsEmpty || s[0] == '(' || !TryItem(ref s, out _, out _))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Take(ref ReadOnlySpan<char> s, int count)
    {
        s = s[count..];
        return true;
    }
}
