using System.Globalization;

namespace Swarm.Lab.Harness;

/// <summary>What a scenario found: its checks, and the bytes it exchanged with each third-party program.</summary>
public sealed class Report
{
    private readonly List<Check> _checks = [];
    private readonly List<(Tool Tool, string What, long Bytes)> _exchanged = [];

    public IReadOnlyList<Check> Checks => _checks;

    public bool Passed => _checks.Count > 0 && _checks.All(c => c.Passed);

    /// <summary>Only times and ratios missed their bounds: worth measuring once more. A wrong byte is not.</summary>
    public bool OnlyMeasurementsMissed => !Passed && _checks.All(c => c.Passed || c.OfTheMachine);

    public void AtMost(string what, double measured, double bound, string unit) =>
        _checks.Add(new(what, Text(measured, unit), "≤ " + Text(bound, unit), measured <= bound, unit != "B"));

    public void AtLeast(string what, double measured, double bound, string unit) =>
        _checks.Add(new(what, Text(measured, unit), "≥ " + Text(bound, unit), measured >= bound, unit != "B"));

    public void Equal<T>(string what, T measured, T bound) =>
        _checks.Add(new(what, $"{measured}", $"= {bound}", EqualityComparer<T>.Default.Equals(measured, bound)));

    public void True(string what, bool measured, string detail) => _checks.Add(new(what, detail, "yes", measured));

    /// <summary>Two witnesses of the same thing, within a share of <paramref name="scale"/>.</summary>
    public void Agree(string what, long one, long other, double tolerance, long scale) =>
        _checks.Add(new(what, $"{Mb(one)} / {Mb(other)}", $"± {tolerance:P0} of {Mb(scale)}", Math.Abs(one - other) <= tolerance * scale));

    /// <summary>Bytes that a third-party program says it gave or took. None at all fails the scenario: then nothing was tested.</summary>
    public void Exchanged(Tool tool, string what, long bytes)
    {
        _exchanged.Add((tool, what, bytes));
        if (bytes <= 0)
        {
            _checks.Add(new($"{tool.Name}: {what}", "0 B", "> 0 B", false));
        }
    }

    /// <summary>A number for the reader, with no bound.</summary>
    public void Note(string what, string measured) => _checks.Add(new(what, measured, "", true));

    public void Failed(string what, string why) => _checks.Add(new(what, why, "", false));

    public void Print(TextWriter to)
    {
        var what = Math.Max(4, _checks.Select(c => c.What.Length).DefaultIfEmpty().Max());
        var measured = _checks.Where(c => c.Bound.Length > 0).Select(c => Math.Min(60, c.Measured.Length)).DefaultIfEmpty().Max();
        foreach (var check in _checks)
        {
            to.WriteLine($"  {(check.Bound.Length == 0 && check.Passed ? "    " : check.Passed ? "PASS" : "FAIL")}  {check.What.PadRight(what)}  {check.Measured.PadRight(measured)}  {check.Bound}".TrimEnd());
        }

        foreach (var (tool, text, bytes) in _exchanged)
        {
            to.WriteLine($"        {tool.Version}: {text} {bytes.ToString("N0", CultureInfo.InvariantCulture)} B");
        }
    }

    private static string Text(double value, string unit) => unit switch
    {
        "B" => Mb((long)value),
        "" => value.ToString("0.###", CultureInfo.InvariantCulture),
        "%" => value.ToString("P1", CultureInfo.InvariantCulture),
        _ => $"{value.ToString("0.###", CultureInfo.InvariantCulture)} {unit}",
    };

    private static string Mb(long bytes) => Math.Abs(bytes) < 10_000
        ? $"{bytes} B"
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F2} MB");
}
