namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>A reader that keeps up, then stops, while the sender goes over to small records: the promised window costs eight times its memory.</summary>
internal sealed class StoppedReader : ILabScenario
{
    public string Name => "stopped-reader";

    public string Description => "bulk until the window is open, then 100-byte records and nobody reads";

    public IReadOnlyList<long> RmemMaxima => [4 << 20, 32 << 20];

    public LabConnection Connect() => new();

    public void WarmUp(LabConnection connection, CancellationToken stop) => Lab.Drive.WarmUp(connection, stop);

    public void Drive(LabConnection connection, CancellationToken stop)
    {
        Lab.Drive.SendSmall(connection, static () => { }, stop);
    }
}
