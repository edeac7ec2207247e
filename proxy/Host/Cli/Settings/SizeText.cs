using System.Globalization;

namespace Swarm.Proxy.Cli;

/// <summary>Sizes and rates as people write them: <c>10GiB</c>, <c>500M</c>, <c>4Mbit/s</c>, <c>1.5 MiB/s</c>.</summary>
internal static class SizeText
{
    public const string SizeExample = "10GiB, 500M or a number of bytes";
    public const string RateExample = "4Mbit/s, 500K or a number of bytes per second";

    private const string Prefixes = "kMGTP";

    /// <summary>Bytes. <c>K</c>, <c>M</c>, <c>G</c> … and <c>KB</c> are powers of 1000, <c>KiB</c> of 1024.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        return TrySplit(text, out var number, out var unit)
            && TryFactor(unit, allowBits: false, out var factor)
            && TryScale(number, factor, out bytes);
    }

    /// <summary>Bytes per second; <c>bit</c> and <c>bit/s</c> are eighths.</summary>
    public static bool TryParseRate(string text, out long bytesPerSecond)
    {
        bytesPerSecond = 0;
        if (!TrySplit(text, out var number, out var unit))
        {
            return false;
        }

        var perSecond = unit.EndsWith("/s", StringComparison.Ordinal) ? unit[..^2]
            : unit.EndsWith("bps", StringComparison.Ordinal) ? unit[..^2] + "it" : unit;
        return TryFactor(perSecond, allowBits: true, out var factor) && TryScale(number, factor, out bytesPerSecond);
    }

    private static bool TrySplit(string text, out decimal number, out string unit)
    {
        var trimmed = text.Trim();
        var digits = 0;
        while (digits < trimmed.Length && (char.IsAsciiDigit(trimmed[digits]) || trimmed[digits] == '.'))
        {
            digits++;
        }

        unit = trimmed[digits..].Trim();
        return decimal.TryParse(trimmed.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryFactor(string unit, bool allowBits, out decimal factor)
    {
        factor = 1;
        var rest = unit;
        if (rest.Length > 0 && Prefixes.IndexOf(rest[0], StringComparison.OrdinalIgnoreCase) is >= 0 and var power)
        {
            var binary = rest.Length > 1 && rest[1] == 'i';
            for (var i = 0; i <= power; i++)
            {
                factor *= binary ? 1024 : 1000;
            }

            rest = rest[(binary ? 2 : 1)..];
        }

        switch (rest)
        {
            case "" or "B":
                return true;
            case "bit" when allowBits:
                factor /= 8;
                return true;
            default:
                return false;
        }
    }

    private static bool TryScale(decimal number, decimal factor, out long value)
    {
        value = 0;
        if (number > long.MaxValue / factor)
        {
            return false;
        }

        value = (long)(number * factor);
        return true;
    }
}
