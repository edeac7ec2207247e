namespace Swarm.Diagnostics.Analysis;

/// <summary>A series of numbers as one line of blocks, the largest of them full height.</summary>
public static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <param name="values">Oldest first.</param>
    /// <param name="width">Characters; where there are more values, each shows the largest of its share.</param>
    /// <param name="top">What full height stands for; the largest value when not told.</param>
    public static string Of(IReadOnlyList<double> values, int width, double? top = null)
    {
        if (values.Count == 0 || width <= 0)
        {
            return "";
        }

        var columns = Math.Min(width, values.Count);
        var max = Math.Max(top ?? values.Max(), double.Epsilon);
        return string.Create(columns, (values, max), static (text, state) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                var first = (int)((long)i * state.values.Count / text.Length);
                var last = Math.Max(first + 1, (int)((long)(i + 1) * state.values.Count / text.Length));
                var largest = 0.0;
                for (var j = first; j < last; j++)
                {
                    largest = Math.Max(largest, state.values[j]);
                }

                text[i] = Blocks[(int)Math.Clamp(largest / state.max * Blocks.Length, 0, Blocks.Length - 1)];
            }
        });
    }
}
