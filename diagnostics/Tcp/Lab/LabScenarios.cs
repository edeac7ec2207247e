namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>The scenarios there are. A new one is a class and a line here.</summary>
public static class LabScenarios
{
    public static IReadOnlyList<ILabScenario> All { get; } =
        [new IdleReader(), new StoppedReader(), new SlowReader(), new LockedRcvbuf(), new OutOfOrder()];

    public static ILabScenario? Find(string name) => All.FirstOrDefault(s => s.Name == name);
}
