using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Control;

/// <summary>One resource version as the status page shows it.</summary>
/// <param name="Name">Text from outside: escape it wherever it is shown.</param>
/// <param name="Authority"><c>L5</c> … <c>L0</c>.</param>
/// <param name="State">One of <see cref="ResourceState"/>.</param>
/// <param name="Reason">One sentence: why it is not accelerated, and what would change that; null when it is.</param>
/// <param name="Readers">Responses open on it now.</param>
/// <param name="HaveBytes">Bytes of it in the store.</param>
/// <param name="BytesBySource">Received so far, by kind of source.</param>
/// <param name="VerifiedBytes">Of those, what others than the origin delivered and the tree proved.</param>
/// <param name="BytesPerSecond">Received over the last seconds, all sources.</param>
public sealed record ResourceView(
    string Id,
    string Url,
    string Name,
    long Length,
    string Authority,
    bool Cleartext,
    string? Infohash,
    string State,
    string? Reason,
    int Readers,
    long HaveBytes,
    BytesBySource BytesBySource,
    long VerifiedBytes,
    double BytesPerSecond,
    int Peers);

/// <summary>How a resource is being answered.</summary>
public static class ResourceState
{
    /// <summary>From the origin alone.</summary>
    public const string PassThrough = "pass-through";

    /// <summary>From the origin and a swarm.</summary>
    public const string Joined = "joined";

    /// <summary>All of it is in the store.</summary>
    public const string Stored = "stored";

    /// <summary>Its tree was falsified: peers are out of the question.</summary>
    public const string Quarantined = "quarantined";
}
