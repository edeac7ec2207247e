using System.Globalization;

namespace Swarm.Diagnostics.Analysis;

/// <summary>Values of filter expressions: sizes, times, numbers.</summary>
internal static class FilterValue
{
    private static readonly (string Suffix, double Factor)[] Sizes = [("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("K", 1e3), ("M", 1e6), ("G", 1e9), ("B", 1), ("", 1)];
    private static readonly (string Suffix, double Factor)[] Times = [("ms", 1e3), ("us", 1), ("s", 1e6), ("m", 60e6), ("h", 3600e6), ("", 1e6)];

    public static double? Bytes(string text) => Scaled(text, Sizes);

    public static double? Micros(string text) => Scaled(text, Times);

    public static double? Number(string text) => Scaled(text, [("x", 1), ("", 1)]);

    private static double? Scaled(string text, (string Suffix, double Factor)[] units)
    {
        foreach (var (suffix, factor) in units)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return number * factor;
            }
        }

        return null;
    }
}
