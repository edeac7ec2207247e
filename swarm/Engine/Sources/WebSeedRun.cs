using Swarm.Core;

namespace Swarm.Engine;

/// <summary>Neighbouring blocks asked of a web seed at once. Guarded by its source's lock.</summary>
internal sealed class WebSeedRun(int first, int count)
{
    /// <summary>1 MiB a request: its round trip costs little then, and a cancel loses little.</summary>
    public const int MaxBlocks = 64;

    private ulong _wanted = count == MaxBlocks ? ulong.MaxValue : (1UL << count) - 1;

    public BlockRun Blocks => new(first, count);

    /// <summary>Some block of it is still waited for.</summary>
    public bool IsWanted => _wanted != 0;

    /// <summary>The answer under way.</summary>
    public IOriginBody? Body { get; set; }

    /// <summary>Blocks it brought.</summary>
    public int Delivered { get; set; }

    /// <summary>The file that could not be had, as an index in the torrent's files.</summary>
    public int FailedFile { get; set; } = -1;

    /// <summary>The block came, or is not waited for any more.</summary>
    public void Drop(int block) => _wanted &= ~(1UL << (block - first));
}
