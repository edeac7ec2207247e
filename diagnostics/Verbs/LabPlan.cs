using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp.Lab;

namespace Swarm.Diagnostics.Verbs;

/// <summary>Which runs a command line of the lab asks for.</summary>
internal static class LabPlan
{
    /// <summary>The runs in order; null after a sentence on standard error.</summary>
    public static IReadOnlyList<(ILabScenario Scenario, LabSettings Settings)>? TryMake(
        DiagHost host, string name, string? ab, string? rmem, string? shrink, TimeSpan duration)
    {
        ILabScenario[] scenarios = name == "all" ? [.. LabScenarios.All] : LabScenarios.Find(name) is { } one ? [one] : [];
        if (scenarios.Length == 0)
        {
            host.Error.WriteLine($"There is no scenario '{name}': {string.Join(", ", LabScenarios.All.Select(s => s.Name))}, all, verify.");
            return null;
        }

        if (ab is not (null or "shrink" or "rmem") || shrink is not (null or "0" or "1"))
        {
            host.Error.WriteLine(ab is not (null or "shrink" or "rmem") ? $"--ab {ab} is neither shrink nor rmem." : $"--shrink {shrink} is neither 0 nor 1.");
            return null;
        }

        if (rmem is not null && SizeOf(rmem) is null)
        {
            host.Error.WriteLine($"--rmem {rmem} is not a size; write it like 4M.");
            return null;
        }

        bool?[] shrinks = ab == "shrink" || (name == "all" && shrink is null) ? [false, true] : [shrink is null ? null : shrink == "1"];
        var runs =
            from scenario in scenarios
            from max in rmem is not null ? [SizeOf(rmem)!.Value] : ab == "rmem" || name == "all" ? scenario.RmemMaxima.Count > 1 ? scenario.RmemMaxima : [4 << 20, 32 << 20] : [scenario.RmemMaxima[0]]
            from window in shrinks
            select (scenario, new LabSettings(max, window, duration));
        return [.. runs];
    }

    // tcp_rmem below the default would only shrink what every socket begins with.
    private static long? SizeOf(string text) =>
        SocketFilter.TryParse($"rmem = {text}", out _) is not null && text.Length > 0 && Bytes(text) is >= 131072 and <= 1 << 30 and var bytes ? bytes : null;

    private static long? Bytes(string text)
    {
        var unit = char.ToUpperInvariant(text[^1]) switch { 'K' => 1 << 10, 'M' => 1 << 20, 'G' => 1 << 30, _ => 1 };
        return long.TryParse(unit == 1 ? text : text[..^1], out var number) && number is > 0 and < 1L << 31 ? number * unit : null;
    }
}
