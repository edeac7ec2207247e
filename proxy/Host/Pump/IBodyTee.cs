namespace Swarm.Proxy.Pump;

/// <summary>Sees every byte a pump hands to the client, in order. It copies what it keeps and never waits: a slow disk drops this side, not the client.</summary>
public interface IBodyTee
{
    void OnBytes(ReadOnlySpan<byte> bytes);
}
