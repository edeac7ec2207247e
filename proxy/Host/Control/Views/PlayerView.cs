namespace Swarm.Proxy.Control;

/// <summary>Where a player stands, as it said itself: a member of the flow (<c>POST /api/v1/playhead</c>). It is shown, and decides nothing.</summary>
/// <param name="Player">A name of the player's own choosing that tells it from others.</param>
/// <param name="Url">What it plays, as the node knows it: the URL of the origin.</param>
/// <param name="BufferedSeconds">What it holds after the position, without a gap.</param>
public sealed record PlayerView(string Player, string Url, double Seconds, double DurationSeconds, double BufferedSeconds, bool Paused);
