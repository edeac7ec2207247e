namespace Swarm.Lab.Harness;

/// <summary>Order statistics of a few measurements.</summary>
public static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN
            : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary><c>0.61 [0.58..0.70] n=3 s</c>.</summary>
    public static string Spread(IReadOnlyCollection<double> values, string unit) => FormattableString.Invariant(
        $"{Median(values):0.###} [{values.Min():0.###}..{values.Max():0.###}] {unit} n={values.Count}");
}
