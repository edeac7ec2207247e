namespace Swarm.Proxy.Demo;

/// <summary>What the page says of its player.</summary>
internal sealed record DemoPlayer(double Seconds, double DurationSeconds, double BufferedSeconds, bool Paused);
