using Swarm.Simulation;

namespace Swarm.Core.Tests.Scheduling;

/// <summary>The gate that noise cannot move: after warm-up a step allocates nothing.</summary>
public sealed class StepAllocationTests
{
    [Fact]
    public void Step_HundredThousandEventsAfterWarmUp_AllocatesNothing()
    {
        var bench = new Bench(50, 100_000);
        bench.Run(30_000);
        bench.Reset();
        bench.Run(100_000);
        Assert.InRange(bench.Events, 100_000, 110_000);
        Assert.Equal(0, bench.AllocatedBytes);
    }
}
