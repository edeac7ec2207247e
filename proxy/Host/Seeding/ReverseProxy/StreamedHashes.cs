using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Engine;
using Swarm.Protocol;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// Hashes a version as its origin's bytes stream through, in order: whoever reads the whole file takes the hashes along, and what visitors leave out
/// is waited for. Nothing is ever fetched for it. Used by one task.
/// </summary>
internal sealed class StreamedHashes : IDisposable
{
    private readonly FileContent _content;
    private readonly MetainfoHasher _hasher;
    private readonly IncrementalHash _whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _block = new byte[PieceLayout.BlockSize];
    private readonly int _pieceBytes;
    private long _at;

    public StreamedHashes(FileContent content)
    {
        _content = content;
        _pieceBytes = TorrentPlan.UsualPieceBytes(content.Length);
        _hasher = new(MetainfoFormat.Hybrid, _pieceBytes, singleFile: true);
    }

    public bool IsComplete => _at == _content.Length;

    /// <summary>Hashes what follows and is here, at most so many bytes.</summary>
    /// <returns>Bytes hashed; 0 where the next block is not here.</returns>
    public int Advance(int most)
    {
        var done = 0;
        while (done < most && !IsComplete && _content.PeekOrigin(_at, _block) is > 0 and var n)
        {
            _hasher.Append(_block.AsSpan(0, n));
            _whole.AppendData(_block, 0, n);
            _at += n;
            done += n;
        }

        return done;
    }

    /// <summary>The hashes of the whole; once, when complete.</summary>
    public (SiteHashes Hashes, byte[] Sha256) End(string name)
    {
        _hasher.EndFile(name);
        return (new(_pieceBytes, _hasher.EndContent(), _hasher.Files[0].Leaves), _whole.GetHashAndReset());
    }

    public void Dispose()
    {
        _hasher.Dispose();
        _whole.Dispose();
    }
}
