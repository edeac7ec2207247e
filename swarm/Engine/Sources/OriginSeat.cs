using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// An origin source's place in one loop. It turns that loop's block numbers into the file's, and goes dead when the content
/// moves to another loop: what the old loop still decides concerns nobody.
/// </summary>
internal sealed class OriginSeat(OriginSource source, Attachment at) : IBlockSource
{
    public Attachment At => at;

    public SourceKind Kind => SourceKind.Origin;

    public string Address => source.Address;

    public string? ClientName => null;

    public void Request(BlockRun run, Instant deadline) => source.Request(this, run with { First = run.First - at.FirstBlock });

    public void Cancel(BlockRun run) => source.Cancel(this, run.First - at.FirstBlock);

    public void AskHashes(BlockRun run) => at.Loop.Post(EventKind.HashesRefused, source.Id, run.First, run.Count, 1);

    public void Ban(int block) => source.Dispose();

    public void Flush()
    {
    }

    public void Close() => source.Dispose();

    /// <param name="block">Block of the file.</param>
    public void Post(EventKind kind, int block, long b = 0, long c = 0) => at.Loop.Post(kind, source.Id, at.FirstBlock + block, b, c);
}
