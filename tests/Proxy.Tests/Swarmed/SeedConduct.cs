namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>How a <see cref="SeedPeer"/> behaves; by default as a good one.</summary>
internal sealed record SeedConduct
{
    /// <summary>Changes the bytes of a block, by its number in the piece space.</summary>
    public Func<int, byte[], byte[]>? Alter { get; init; }

    /// <summary>Never answers a request.</summary>
    public bool IsMute { get; init; }

    /// <summary>Answers hash requests with hashes that lead nowhere.</summary>
    public bool LiesAboutHashes { get; init; }

    /// <summary>Sends blocks nobody asked for, before those asked for.</summary>
    public bool SendsUnasked { get; init; }

    /// <summary>Awaited before each block.</summary>
    public Func<int, CancellationToken, Task>? BeforeBlock { get; init; }
}
