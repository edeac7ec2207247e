namespace Swarm.Core;

/// <summary>
/// Logarithm and exponential from IEEE 754 + − × ÷ alone, so that every platform gets the same bits. <c>Math.Log</c> and
/// <c>Math.Exp</c> call the C runtime and may differ in the last bit, which would break replay.
/// </summary>
public static class DeterministicMath
{
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>Natural logarithm; ≤ 2 ulp from the true value over the normal numbers. NaN below zero, −∞ at zero.</summary>
    public static double Ln(double x)
    {
        if (!(x > 0))
        {
            return x == 0 ? double.NegativeInfinity : double.NaN;
        }

        if (double.IsPositiveInfinity(x))
        {
            return x;
        }

        var shift = 0;
        if (x < 2.2250738585072014e-308)
        {
            x *= 18014398509481984.0; // 2^54: a subnormal becomes normal
            shift = -54;
        }

        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)((bits >> 52) & 0x7FF) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        // ln m = 2 artanh((m − 1)/(m + 1)); |z| ≤ 0.1716, so z^21 is below half an ulp.
        var z = (mantissa - 1) / (mantissa + 1);
        var w = z * z;
        var series = 1.0 / 21;
        series = (series * w) + (1.0 / 19);
        series = (series * w) + (1.0 / 17);
        series = (series * w) + (1.0 / 15);
        series = (series * w) + (1.0 / 13);
        series = (series * w) + (1.0 / 11);
        series = (series * w) + (1.0 / 9);
        series = (series * w) + (1.0 / 7);
        series = (series * w) + (1.0 / 5);
        series = (series * w) + (1.0 / 3);
        var k = exponent + shift;
        return (k * Ln2High) + ((2 * z) + ((2 * z * w * series) + (k * Ln2Low)));
    }

    /// <summary>e to the power of <paramref name="x"/>; saturates at 0 and +∞.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        if (x > 709.782712893384)
        {
            return double.PositiveInfinity;
        }

        if (x < -745.2)
        {
            return 0;
        }

        var k = (int)((x * 1.4426950408889634) + (x < 0 ? -0.5 : 0.5));
        var r = x - (k * Ln2High) - (k * Ln2Low);

        // Taylor on |r| ≤ ln 2 / 2: the term of degree 14 is below half an ulp.
        var sum = 1.0;
        for (var i = 14; i >= 1; i--)
        {
            sum = 1 + (sum * r / i);
        }

        // In two steps, so that results below the normal range keep what they can.
        var half = k / 2;
        return sum * PowerOfTwo(half) * PowerOfTwo(k - half);
    }

    private static double PowerOfTwo(int k) => BitConverter.Int64BitsToDouble((long)(k + 1023) << 52);
}
