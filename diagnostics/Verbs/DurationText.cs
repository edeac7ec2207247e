using System.Globalization;

namespace Swarm.Diagnostics.Verbs;

/// <summary>A time as a person writes it: <c>10s</c>, <c>500ms</c>, <c>5m</c>; a bare number is seconds.</summary>
internal static class DurationText
{
    private static readonly (string Suffix, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)];

    public static TimeSpan? TryParse(string text)
    {
        var (suffix, seconds) = Units.First(u => text.EndsWith(u.Suffix, StringComparison.Ordinal));
        return double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * seconds < TimeSpan.MaxValue.TotalSeconds / 2
            ? TimeSpan.FromSeconds(number * seconds)
            : null;
    }
}
