using Swarm.Core;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine;

// What is seeded as soon as it is hashed: files of the user's, and what a site's visitors made this node fetch.
public sealed partial class SwarmEngine
{
    /// <summary>
    /// Seeds a torrent of one file from where the file lies, by the leaves that were hashed to make the torrent: it is not read again before a peer
    /// asks for it. Each block is hashed when it is read, so that a file which changes stops being given and its new bytes never are.
    /// </summary>
    /// <param name="path">The file. Nothing is ever written to it.</param>
    /// <param name="leaves">They must give the torrent's pieces root.</param>
    /// <returns>Null, or one sentence why not.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public string? SeedFile(Metainfo metainfo, string path, ReadOnlyMemory<Hash256> leaves)
    {
        if (!metainfo.IsSingleFile || !metainfo.HasV2Trees)
        {
            return "only a v2 or hybrid torrent of one file can be seeded by its leaves";
        }

        var file = metainfo.Layout.Files[0];
        if (leaves.Length != file.BlockCount || MerkleTree.Root(leaves.ToArray(), MerkleTree.HeightOf(file.BlockCount)) != file.PiecesRoot)
        {
            return "the hashes kept of it are not those of its torrent";
        }

        if (_store?.Open(StoreKeys.Of(metainfo, 0), file.Length) is not { } content)
        {
            return "the piece store cannot be used now";
        }

        using (content)
        {
            _store.Lend(content, AdoptedFile.Open(path, file.Length));
            content.AdmitAllAdopted(leaves.Span);
            JoinNow(AddTorrent(metainfo, givenByUser: true));
        }

        return null;
    }

    /// <summary>
    /// Seeds a version from what its origin delivered, under the torrent that was made of those bytes. Every block that is here is compared with
    /// the leaves before it is given; one that contradicts them retires the version.
    /// </summary>
    /// <param name="leaves">SHA-256 of its 16 KiB blocks; empty for a torrent that was made elsewhere, whose leaves are learned as pieces are whole.</param>
    /// <returns>Null, or one sentence why not.</returns>
    public string? SeedVersion(ResourceHandle handle, Metainfo metainfo, ReadOnlyMemory<Hash256> leaves)
    {
        if (!handle.Version.Shareable)
        {
            return "its origin does not let everybody have it";
        }

        // Known before a tracker of this node's own is asked. What was known for another version's sake stays whatever comes of this one.
        bool wasKnown;
        lock (_gate)
        {
            wasKnown = _torrents.ById(metainfo.InfoHash.Id) is { GivenByUser: true };
            AddTorrentLocked(metainfo, givenByUser: true, []);
        }

        if (Bind(handle, metainfo, leaves.Span) is { } problem)
        {
            if (!wasKnown)
            {
                RemoveTorrent(metainfo.InfoHash.Id);
            }

            return problem;
        }

        lock (_gate)
        {
            if (handle.Content.Attachment is null)
            {
                Attach(handle.Content);
            }
        }

        return null;
    }

    private string? Bind(ResourceHandle handle, Metainfo metainfo, ReadOnlySpan<Hash256> leaves)
    {
        if (OfferTree(handle, metainfo, 0, Authority.Tree) is { } problem)
        {
            return problem;
        }

        handle.Content.LearnLeaves(0, leaves, giver: -1);
        return handle.IsRetired ? "what is stored of it is not what was hashed" : null;
    }
}
