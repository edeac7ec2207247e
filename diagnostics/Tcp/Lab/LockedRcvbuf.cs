namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>A program that sets SO_RCVBUF, so that nothing grows or shrinks it, and does not read.</summary>
internal sealed class LockedRcvbuf : ILabScenario
{
    private const int Bytes = 2 << 20;

    public string Name => "locked-rcvbuf";

    public string Description => "SO_RCVBUF of 2 MB, 100-byte records, nobody reads";

    public IReadOnlyList<long> RmemMaxima => [6_291_456];

    public LabConnection Connect() => new(Bytes);

    public void Drive(LabConnection connection, CancellationToken stop) => Lab.Drive.SendSmall(connection, static () => { }, stop);
}
