namespace Swarm.Peer.Tests;

/// <summary>How long a test waits for a condition before it fails. Never waited out by a test that passes.</summary>
internal static class TestPatience
{
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
}
