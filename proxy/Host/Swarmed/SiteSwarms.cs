using Swarm.Core;
using Swarm.Engine;
using Swarm.Protocol;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Swarmed;

/// <summary>The engine's swarms of a site's own files.</summary>
internal sealed class SiteSwarms(SwarmEngine engine) : ISiteSwarms
{
    public string? Seed(Metainfo torrent, string path, ReadOnlyMemory<Hash256> leaves)
    {
        try
        {
            return engine.SeedFile(torrent, path, leaves);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ErrorText.Of(e);
        }
    }

    public void Withdraw(string infohash) => engine.RemoveTorrent(infohash);
}
