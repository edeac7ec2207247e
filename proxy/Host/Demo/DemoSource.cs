namespace Swarm.Proxy.Demo;

/// <summary>One who has the film: the origin or a peer.</summary>
/// <param name="State"><c>serves</c>, <c>waits</c>, <c>banned</c>, <c>killed</c> or <c>away</c>.</param>
/// <param name="Bytes">What it has sent.</param>
internal sealed record DemoSource(string Name, string State, long Bytes, double BytesPerSecond);
