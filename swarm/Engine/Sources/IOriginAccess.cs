using Swarm.Core;

namespace Swarm.Engine;

/// <summary>The body of one origin answer: bytes of one version from <see cref="Start"/> on, as they arrive.</summary>
public interface IOriginBody
{
    /// <summary>Offset of the next byte in the representation when the body was opened.</summary>
    long Start { get; }

    /// <summary>One past the last byte this answer will deliver.</summary>
    long End { get; }

    /// <summary>Reads some bytes; 0 at the clean end.</summary>
    /// <exception cref="IOException">The body broke off.</exception>
    ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancel);

    /// <summary>Closes the connection without draining it. Safe to call twice and after the end.</summary>
    void Abort();
}

/// <summary>
/// A client request's own way to its origin: asks for further ranges of the permitted version with that client's
/// credentials, and accepts only answers that name the same version (validator and total length compared).
/// </summary>
public interface IOriginAccess
{
    /// <summary>Asks for the range. Bounded where the range ends before the file does.</summary>
    ValueTask<OriginFetch> FetchAsync(ByteRange range, CancellationToken cancel);
}

/// <summary>An open body, or why there is none.</summary>
public readonly record struct OriginFetch(IOriginBody? Body, FetchError? Error)
{
    public static implicit operator OriginFetch(FetchError error) => new(null, error);
}
