namespace Swarm.Peer.Tests;

/// <summary>A fresh folder that goes away with the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("swarm-peer-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
