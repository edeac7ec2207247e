using System.Security.Cryptography;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// Hashes content for a new torrent as it is fed, file after file: leaves for v2, pieces for v1, the pad files of a
/// hybrid between them. Feed a hybrid in <see cref="TreeOrder"/>.
/// </summary>
/// <param name="pieceLength">Bytes in a piece.</param>
/// <param name="singleFile">True for a torrent that is one file; it takes no pad.</param>
public sealed class MetainfoHasher(MetainfoFormat format, int pieceLength, bool singleFile) : IDisposable
{
    private static readonly byte[] Zeros = new byte[PieceLayout.BlockSize];

    private readonly List<MetainfoInput> _files = [];
    private readonly List<Hash256> _leaves = [];
    private readonly List<byte> _pieces = [];
    private readonly IncrementalHash _leaf = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _piece = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private int _leafBytes;
    private int _pieceBytes;
    private long _fileBytes;

    /// <summary>The files that ended so far.</summary>
    public IReadOnlyList<MetainfoInput> Files => _files;

    /// <summary>Bytes of the file being fed.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _fileBytes += bytes.Length;
        if (format != MetainfoFormat.V2)
        {
            AppendPieces(bytes);
        }

        while (format != MetainfoFormat.V1 && !bytes.IsEmpty)
        {
            var take = Math.Min(PieceLayout.BlockSize - _leafBytes, bytes.Length);
            _leaf.AppendData(bytes[..take]);
            _leafBytes += take;
            bytes = bytes[take..];
            if (_leafBytes == PieceLayout.BlockSize)
            {
                EndLeaf();
            }
        }
    }

    /// <summary>Ends the file fed since the last call, under its path.</summary>
    public void EndFile(string path)
    {
        if (_leafBytes > 0)
        {
            EndLeaf();
        }

        _files.Add(new(path, _fileBytes, _leaves.ToArray()));
        _leaves.Clear();
        _fileBytes = 0;
        while (format == MetainfoFormat.Hybrid && !singleFile && _pieceBytes > 0)
        {
            AppendPieces(Zeros.AsSpan(0, Math.Min(Zeros.Length, pieceLength - _pieceBytes)));
        }
    }

    /// <summary>Ends the content; the v1 piece hashes, 20 bytes each, none for v2.</summary>
    public byte[] EndContent()
    {
        if (_pieceBytes > 0)
        {
            EndPiece();
        }

        return [.. _pieces];
    }

    public void Dispose()
    {
        _leaf.Dispose();
        _piece.Dispose();
    }

    private void AppendPieces(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var take = Math.Min(pieceLength - _pieceBytes, bytes.Length);
            _piece.AppendData(bytes[..take]);
            _pieceBytes += take;
            bytes = bytes[take..];
            if (_pieceBytes == pieceLength)
            {
                EndPiece();
            }
        }
    }

    private void EndLeaf()
    {
        Span<byte> digest = stackalloc byte[Hash256.Size];
        _leaf.GetHashAndReset(digest);
        _leaves.Add(Hash256.Read(digest));
        _leafBytes = 0;
    }

    private void EndPiece()
    {
        _pieces.AddRange(_piece.GetHashAndReset());
        _pieceBytes = 0;
    }
}
