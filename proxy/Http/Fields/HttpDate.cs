using System.Globalization;

namespace Swarm.Http;

/// <summary>
/// HTTP-date (RFC 9110 §5.6.7): IMF-fixdate, which is also what is written, and the two obsolete forms a recipient must accept.
/// Names compare case-insensitively; the weekday must be one, but need not be the right one.
/// </summary>
public static class HttpDate
{
    private const string Months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private const string ShortDays = "SunMonTueWedThuFriSat";
    private static readonly string[] LongDays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    public static string Format(DateTimeOffset at) => at.UtcDateTime.ToString("ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", CultureInfo.InvariantCulture);

    /// <param name="now">Only for two-digit years: one that looks more than 50 years ahead is of the past century.</param>
    public static bool TryParse(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset at)
    {
        at = default;
        var comma = text.IndexOf(',');
        return comma switch
        {
            3 => TryFixdate(text, out at),
            < 0 => TryAsctime(text, out at),
            _ => TryRfc850(text, comma, now, out at),
        };
    }

    /// <summary>Null where the text is absent or no date.</summary>
    public static DateTimeOffset? Parse(string? text, DateTimeOffset now) =>
        text is not null && TryParse(text, now, out var at) ? at : null;

    // RFC 9111 §4.2: a cache matches dates case-insensitively.
    private static bool IsGmt(ReadOnlySpan<char> zone) => zone.Equals(" GMT", StringComparison.OrdinalIgnoreCase);

    // Sun, 06 Nov 1994 08:49:37 GMT
    private static bool TryFixdate(ReadOnlySpan<char> s, out DateTimeOffset at)
    {
        at = default;
        return s.Length == 29 && IsName(ShortDays, s[..3]) && s[4] == ' ' && s[7] == ' ' && s[11] == ' ' && s[16] == ' '
            && IsGmt(s[25..])
            && Number(s[5..7], out var day) && Month(s[8..11], out var month) && Number(s[12..16], out var year)
            && Time(s[17..25], out var time) && Assemble(year, month, day, time, out at);
    }

    // Sunday, 06-Nov-94 08:49:37 GMT
    private static bool TryRfc850(ReadOnlySpan<char> s, int comma, DateTimeOffset now, out DateTimeOffset at)
    {
        at = default;
        if (!IsLongDay(s[..comma]) || s.Length != comma + 24)
        {
            return false;
        }

        s = s[(comma + 1)..];
        if (s[0] != ' ' || s[3] != '-' || s[7] != '-' || s[10] != ' ' || !IsGmt(s[19..])
            || !Number(s[1..3], out var day) || !Month(s[4..7], out var month) || !Number(s[8..10], out var year)
            || !Time(s[11..19], out var time))
        {
            return false;
        }

        year += (now.Year / 100 * 100) + 100;
        while (year > now.Year + 50 || (year == now.Year + 50 && Assemble(year, month, day, time, out var far) && far.AddYears(-50) > now))
        {
            year -= 100;
        }

        return Assemble(year, month, day, time, out at);
    }

    // Sun Nov  6 08:49:37 1994
    private static bool TryAsctime(ReadOnlySpan<char> s, out DateTimeOffset at)
    {
        at = default;
        return s.Length == 24 && IsName(ShortDays, s[..3]) && s[3] == ' ' && s[7] == ' ' && s[10] == ' ' && s[19] == ' '
            && Month(s[4..7], out var month) && Number(s[8] == ' ' ? s[9..10] : s[8..10], out var day)
            && Time(s[11..19], out var time) && Number(s[20..24], out var year) && Assemble(year, month, day, time, out at);
    }

    private static bool Assemble(int year, int month, int day, int secondOfDay, out DateTimeOffset at)
    {
        at = default;
        if (year is < 1 or > 9999 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        var midnight = new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero);
        if (DateTimeOffset.MaxValue - midnight < TimeSpan.FromSeconds(secondOfDay))
        {
            return false;
        }

        at = midnight.AddSeconds(secondOfDay);
        return true;
    }

    private static bool Time(ReadOnlySpan<char> s, out int secondOfDay)
    {
        secondOfDay = 0;
        if (s[2] != ':' || s[5] != ':' || !Number(s[..2], out var hour) || !Number(s[3..5], out var minute)
            || !Number(s[6..8], out var second) || hour > 23 || minute > 59 || second > 60) // 60: a leap second
        {
            return false;
        }

        secondOfDay = (hour * 3600) + (minute * 60) + second;
        return true;
    }

    private static bool Number(ReadOnlySpan<char> s, out int value)
    {
        var ok = Syntax.TryClampedNumber(s, out var number);
        value = (int)number; // at most four digits
        return ok;
    }

    private static bool Month(ReadOnlySpan<char> s, out int month)
    {
        month = (IndexOfName(Months, s) / 3) + 1;
        return IsName(Months, s);
    }

    private static bool IsName(string names, ReadOnlySpan<char> s) => IndexOfName(names, s) is >= 0 and var i && i % 3 == 0;

    private static int IndexOfName(string names, ReadOnlySpan<char> s) => names.AsSpan().IndexOf(s, StringComparison.OrdinalIgnoreCase);

    private static bool IsLongDay(ReadOnlySpan<char> s)
    {
        foreach (var day in LongDays)
        {
            if (s.Equals(day, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
