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

    /// <summary>Rejects every hash request (BEP 52 message 23), as a seed does that has not hashed its pieces.</summary>
    public bool RefusesHashes { get; init; }

    /// <summary>Sends blocks nobody asked for, before those asked for.</summary>
    public bool SendsUnasked { get; init; }

    /// <summary>Changes the metadata that it sends (BEP 9).</summary>
    public Func<byte[], byte[]>? AlterMetadata { get; init; }

    /// <summary>The length of the metadata as it says it; null for the right one, 0 says none.</summary>
    public long? MetadataBytes { get; init; }

    /// <summary>Awaited before who wants something is unchoked: until then nothing is asked for.</summary>
    public Func<CancellationToken, Task>? BeforeUnchoke { get; init; }

    /// <summary>Awaited before each block.</summary>
    public Func<int, CancellationToken, Task>? BeforeBlock { get; init; }
}
