using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Proxy.Lifetime;

/// <summary>The swarms of a site's files, as who hashes the site sees them. Any thread.</summary>
public interface ISiteSwarms
{
    /// <summary>Seeds a file under a torrent that was made of it.</summary>
    /// <param name="path">Where the file lies.</param>
    /// <param name="leaves">SHA-256 of its 16 KiB blocks.</param>
    /// <returns>Null, or one sentence why it cannot be.</returns>
    string? Seed(Metainfo torrent, string path, ReadOnlyMemory<Hash256> leaves);

    /// <summary>Leaves the swarm: nothing is announced, given or accepted under this infohash any more.</summary>
    void Withdraw(string infohash);
}
