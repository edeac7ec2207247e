namespace Swarm.Proxy.Control;

/// <summary>A host whose https passed unread: not accelerated, until its user goes another way or has it opened.</summary>
/// <param name="Bytes">What clients got from it, in tunnels that are open or ended a short while ago.</param>
/// <param name="Open">Tunnels that are open now.</param>
public sealed record TunnelView(string Host, long Bytes, int Open);
