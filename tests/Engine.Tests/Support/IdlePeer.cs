using System.Net;
using Swarm.Core;

namespace Swarm.Engine.Tests;

/// <summary>A peer that is there and brings nothing.</summary>
internal sealed class IdlePeer : IBlockSource
{
    public SourceKind Kind => SourceKind.Peer;
    public string Address => "192.0.2.7:6881";
    public string? ClientName => null;
    public IPEndPoint? LocalEndPoint { get; } = new(IPAddress.Loopback, 40001);

    public void Request(BlockRun run, Instant deadline)
    {
    }

    public void Cancel(BlockRun run)
    {
    }

    public void AskHashes(BlockRun run)
    {
    }

    public void Ban(int block)
    {
    }

    public void Flush()
    {
    }

    public void Close()
    {
    }
}
