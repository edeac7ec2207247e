namespace Swarm.Discovery;

/// <summary>What one address of a UDP tracker gave: a datagram of the kind asked for, or an error.</summary>
internal readonly record struct UdpAnswer(byte[] Datagram, bool IsIPv6, TrackerError? Error)
{
    public static UdpAnswer Failed(TrackerStage stage, string message) => new([], false, new TrackerError(stage, message));
}

/// <summary>Writes a request behind a connection id.</summary>
internal delegate void WriteUdpRequest(Span<byte> to, ulong connectionId, uint transaction);
