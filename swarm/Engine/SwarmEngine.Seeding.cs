using Swarm.Core;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine;

// Files of the user's that are seeded as soon as they are hashed.
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
}
