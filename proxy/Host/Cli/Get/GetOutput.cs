using System.Security.Cryptography;

namespace Swarm.Proxy.Cli;

/// <summary>Where the bytes of one download go, in order, hashed on the way.</summary>
internal abstract class GetOutput : IAsyncDisposable
{
    private IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes that are out, those of earlier runs included.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of <see cref="Bytes"/> that an earlier run brought.</summary>
    public long ResumedBytes { get; protected set; }

    /// <summary>The strong entity tag of the version the bytes belong to; null if it has none, and then nothing can be resumed.</summary>
    public string? Tag { get; private set; }

    /// <summary>SHA-256 of all bytes so far, in hex.</summary>
    public string Sha256 => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Whether it may begin again from the first byte.</summary>
    public abstract bool CanRestart { get; }

    /// <summary>What a person calls it.</summary>
    public abstract string Name { get; }

    /// <summary>The answer's version is known.</summary>
    public void Named(string? tag) => Tag = tag;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await PutAsync(bytes, cancellation);
        Count(bytes.Span);
    }

    /// <summary>Begins again from the first byte.</summary>
    public void Restart()
    {
        _hash.Dispose();
        _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Bytes = 0;
        ResumedBytes = 0;
        Tag = null;
        Rewind();
    }

    /// <summary>All bytes are out and right: makes them the result.</summary>
    public abstract ValueTask FinishAsync(CancellationToken cancellation);

    /// <summary>Keeps what is here for another run, where that is possible.</summary>
    public abstract void Keep();

    /// <summary>The bytes are wrong: throws them away, where that is possible.</summary>
    public abstract void Discard();

    public virtual ValueTask DisposeAsync()
    {
        _hash.Dispose();
        return ValueTask.CompletedTask;
    }

    protected abstract ValueTask PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    protected abstract void Rewind();

    protected void Count(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Bytes += bytes.Length;
    }
}
