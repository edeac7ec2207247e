using System.Globalization;
using System.Text;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp.Lab;

namespace Swarm.Diagnostics.Verbs;

/// <summary>Memory over time of the lab's runs as an SVG: one panel a run, rmem_alloc, rcvbuf and payload, a tick at every collapse.</summary>
internal static class LabPlot
{
    private const int Width = 760;
    private const int PanelHeight = 190;
    private const int Left = 70;
    private const int Top = 34;
    private const int PlotHeight = 120;
    private const int PlotWidth = Width - Left - 20;
    private const int MaxPoints = 400;

    public static bool TryWrite(DiagHost host, string file, IReadOnlyList<LabResult> results)
    {
        try
        {
            File.WriteAllText(host.FullPath(file), Draw(results));
            host.Out.WriteLine($"{file}: {DiagText.Count(results.Count, "panel")}.");
            return true;
        }
        catch (Exception e) when (FileTrouble.Is(e))
        {
            host.Error.WriteLine($"{file} cannot be written: {FileTrouble.Of(e)}.");
            return false;
        }
    }

    internal static string Draw(IReadOnlyList<LabResult> results)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {PanelHeight * results.Count}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<style>text{fill:#333}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>\n");
        for (var i = 0; i < results.Count; i++)
        {
            Panel(svg, results[i], i * PanelHeight);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Panel(StringBuilder svg, LabResult run, int y)
    {
        var seconds = Math.Max(0.1, run.Curve.Select(c => c.AtMicros).DefaultIfEmpty(0).Max() / 1e6);
        var top = Math.Max(1, run.Curve.Select(c => Math.Max(c.RmemBytes, c.RcvbufBytes)).DefaultIfEmpty(0).Max());
        var shrink = run.Settings.ShrinkWindow switch { null => "", true => ", tcp_shrink_window 1", false => ", tcp_shrink_window 0" };
        var collapses = run.Trace is { Collapses: > 0 } trace
            ? $"; {trace.Collapses} collapses, longest {Quantity.Of(trace.LongestNanos / 1e3, Unit.Micros)}" : "";
        Text(svg, Left, y + 16, $"{run.Scenario.Name}, tcp_rmem {Quantity.Of(run.Settings.RmemMaxBytes, Unit.Bytes)}{shrink}: peak {Quantity.Of(run.PeakRmemBytes, Unit.Bytes)} for {Quantity.Of(run.PayloadAtPeakBytes, Unit.Bytes)} of payload{collapses}");
        Text(svg, 4, y + Top + 8, Quantity.Of(top, Unit.Bytes));
        Text(svg, 4, y + Top + PlotHeight, "0");
        Text(svg, Left, y + Top + PlotHeight + 16, "0 s");
        Text(svg, Left + PlotWidth - 30, y + Top + PlotHeight + 16, Quantity.Of(seconds * 1e6, Unit.Micros));
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left}\" y=\"{y + Top}\" width=\"{PlotWidth}\" height=\"{PlotHeight}\" fill=\"none\" stroke=\"#888\" stroke-width=\"0.5\"/>\n");
        Line(svg, run, y, seconds, top, c => c.RcvbufBytes, "#888", "4 3", "rcvbuf");
        Line(svg, run, y, seconds, top, c => c.PayloadBytes, "#2a7f3f", "", "payload");
        Line(svg, run, y, seconds, top, c => c.RmemBytes, "#c03030", "", "rmem_alloc");
        foreach (var collapse in run.Collapses.Take(MaxPoints))
        {
            var x = Left + (collapse.AtMicros / 1e6 / seconds * PlotWidth);
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x:0.#} {y + Top + PlotHeight}v6\" stroke=\"#3050c0\"/>\n");
        }

        Text(svg, Left + 120, y + Top + PlotHeight + 16, "red rmem_alloc, green payload, dashed rcvbuf, blue ticks collapses");
    }

    private static void Line(
        StringBuilder svg, LabResult run, int y, double seconds, double top, Func<(long AtMicros, long RmemBytes, long RcvbufBytes, long PayloadBytes), long> value,
        string colour, string dashes, string name)
    {
        var step = Math.Max(1, run.Curve.Count / MaxPoints);
        var points = run.Curve.Where((_, i) => i % step == 0).Select(c => string.Create(
            CultureInfo.InvariantCulture,
            $"{Left + (c.AtMicros / 1e6 / seconds * PlotWidth):0.#},{y + Top + PlotHeight - (value(c) / top * PlotHeight):0.#}"));
        var dash = dashes.Length > 0 ? $" stroke-dasharray=\"{dashes}\"" : "";
        svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{colour}\"{dash}><title>{name}</title></polyline>\n");
    }

    private static void Text(StringBuilder svg, int x, int y, string text) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"{y}\">{System.Net.WebUtility.HtmlEncode(text)}</text>\n");
}
