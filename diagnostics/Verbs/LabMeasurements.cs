using System.Globalization;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp.Lab;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>lab matrix</c> and <c>lab sweep</c>: is it right, and what does it cost, on this machine?</summary>
internal static class LabMeasurements
{
    private const double LeastRecall = 0.95;
    private const double MostMicrosPerSocket = 2;
    private const double LeastTimesCheaper = 4;

    /// <summary>From here on the start of a process no longer counts.</summary>
    private const int SocketsForComparison = 20_000;

    public static int Matrix(DiagHost host, int healthy, int sick, int runs, TimeSpan duration, CancellationToken cancellation)
    {
        using var stop = new StopSignal(cancellation);
        var failed = 0;
        for (var run = 1; run <= runs && !stop.Token.IsCancellationRequested; run++)
        {
            using var space = LabNamespace.TryCreate(out var reason);
            if (space is null)
            {
                host.Error.WriteLine($"The lab cannot run: {reason}.");
                return DiagExit.CannotMeasure;
            }

            var result = LabMatrix.Run(space, healthy, sick, duration, stop.Token);
            var holds = result.FalseFindings.Count == 0 && result.Kinds.All(k => k.Recall >= LeastRecall);
            failed += holds ? 0 : 1;
            host.Out.WriteLine($"{(holds ? "pass" : "FAIL")}  run {run} of {runs}: {result.Healthy} healthy, {result.FalseFindings.Count} false; found {string.Join(", ", result.Kinds.Select(k => $"{k.Found} of {k.Sick} {k.Name}"))}; {DiagText.Count(result.Sweeps, "sweep")}");
            foreach (var wrong in result.FalseFindings.Take(5))
            {
                host.Out.WriteLine($"      {wrong}");
            }
        }

        return failed == 0 ? DiagExit.Success : DiagExit.Failure;
    }

    /// <param name="sockets">How many to open in a namespace of the lab's own; 0 measures those that are open here.</param>
    public static int Sweep(DiagHost host, int sockets)
    {
        string? reason = null;
        using var space = sockets == 0 ? LabNamespace.Here() : LabNamespace.TryCreate(out reason);
        if (space is null)
        {
            host.Error.WriteLine($"The lab cannot run: {reason}.");
            return DiagExit.CannotMeasure;
        }

        var cost = sockets == 0 ? LabSweep.Measure(space) : LabSweep.Measure(space, sockets);
        if (cost.Sockets < sockets - 2)
        {
            host.Error.WriteLine($"This process may not open more files: {cost.Sockets:N0} sockets are measured, not {sockets:N0} (ulimit -n).");
        }

        var compared = cost.Sockets >= SocketsForComparison && cost.SsMedianMicros > 0;
        var holds = cost.AllocatedBytes == 0 && cost.MicrosPerSocket <= MostMicrosPerSocket && (!compared || cost.TimesCheaper >= LeastTimesCheaper);
        host.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(holds ? "pass" : "FAIL")}  {cost.Sockets:N0} sockets: {cost.MicrosPerSocket:0.00} µs of CPU each (median; at best {cost.MinMicros / cost.Sockets:0.00}), {cost.AllocatedBytes} B allocated; ss -tmin {Quantity.Of(cost.SsMedianMicros, Unit.Micros)} against {Quantity.Of(cost.MedianMicros, Unit.Micros)}: {cost.TimesCheaper:0.0} times"));
        host.Out.WriteLine($"      {host.Time.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {KernelName.Text()}");
        return holds ? DiagExit.Success : DiagExit.Failure;
    }
}
