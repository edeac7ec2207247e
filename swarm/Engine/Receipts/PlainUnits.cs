using System.Globalization;

namespace Swarm.Engine.Receipts;

/// <summary>Numbers as people read them: binary sizes with three digits, durations in the two units that matter.</summary>
public static class PlainUnits
{
    private static readonly string[] Sizes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary><c>0 B</c>, <c>999 B</c>, <c>1.50 KiB</c>, <c>612 MiB</c>.</summary>
    public static string Size(long bytes)
    {
        double value = Math.Max(0, bytes);
        var unit = 0;
        // 999.5 would round to 1000: the next unit reads better and keeps three digits.
        while (value >= 999.5 && unit < Sizes.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var digits = unit == 0 || value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : "F2";
        return value.ToString(digits, CultureInfo.InvariantCulture) + " " + Sizes[unit];
    }

    /// <summary><c>1.25 MiB/s</c>.</summary>
    public static string Rate(double bytesPerSecond) =>
        Size(double.IsFinite(bytesPerSecond) ? (long)Math.Clamp(bytesPerSecond, 0, 1e18) : 0) + "/s";

    /// <summary><c>12 ms</c>, <c>0.8 s</c>, <c>41 s</c>, <c>3 min 12 s</c>, <c>1 h 4 min</c>, <c>2 d 3 h</c>.</summary>
    public static string Duration(double milliseconds)
    {
        if (!double.IsFinite(milliseconds) || milliseconds <= 0)
        {
            return "0 ms";
        }

        if (milliseconds < 99.5)
        {
            return milliseconds.ToString("F0", CultureInfo.InvariantCulture) + " ms";
        }

        if (milliseconds < 9_950)
        {
            return (milliseconds / 1000).ToString("F1", CultureInfo.InvariantCulture) + " s";
        }

        var seconds = (long)Math.Min(Math.Round(milliseconds / 1000), 1e15);
        return seconds switch
        {
            < 60 => $"{seconds} s",
            < 3_600 => $"{seconds / 60} min {seconds % 60} s",
            < 86_400 => $"{seconds / 3_600} h {seconds % 3_600 / 60} min",
            _ => $"{seconds / 86_400} d {seconds % 86_400 / 3_600} h",
        };
    }

    /// <summary><c>78 %</c>; what is not all is never 100, what is not nothing is never 0.</summary>
    public static string Share(long part, long whole)
    {
        if (whole <= 0 || part <= 0)
        {
            return "0 %";
        }

        if (part >= whole)
        {
            return "100 %";
        }

        var percent = (double)part / whole * 100;
        return percent < 0.5 ? "<1 %" : percent > 99 ? ">99 %" : Math.Round(percent).ToString("F0", CultureInfo.InvariantCulture) + " %";
    }
}
