using System.Globalization;

namespace Swarm.Diagnostics.Analysis;

/// <summary>A number with its unit, as a person reads it: three digits, powers of a thousand.</summary>
public static class Quantity
{
    private static readonly string[] Bytes = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

    public static string Of(double value, Unit unit) => unit switch
    {
        Unit.Bytes => Scaled(value, Bytes),
        Unit.BytesPerSecond => Scaled(value, Bytes) + "/s",
        Unit.Micros => Time(value),
        Unit.Ratio => Digits(value) + "x",
        Unit.Percent => Digits(value) + " %",
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    private static string Scaled(double value, string[] units)
    {
        var unit = 0;
        for (; value >= 999.5 && unit < units.Length - 1; unit++)
        {
            value /= 1000;
        }

        return $"{Digits(value)} {units[unit]}";
    }

    private static string Time(double micros) => micros switch
    {
        < 1000 => Digits(micros) + " µs",
        < 1e6 => Digits(micros / 1000) + " ms",
        < 120e6 => Digits(micros / 1e6) + " s",
        < 7200e6 => Digits(micros / 60e6) + " min",
        _ => Digits(micros / 3600e6) + " h",
    };

    private static string Digits(double value) =>
        value.ToString(value >= 99.95 ? "0" : value >= 9.995 ? "0.#" : "0.##", CultureInfo.InvariantCulture);
}
