using System.Numerics;

namespace Swarm.Core;

/// <summary>
/// What was asked for leaf hashes, by run: aligned spans of at most 512 leaves inside one file's tree (BEP 52), and the pieces that
/// verify whole because no one answers for them.
/// </summary>
internal sealed class HashTable
{
    /// <summary>BEP 52: length is a power of two, 2..512.</summary>
    public const int MaxRun = 512;

    private readonly ContentLayout _layout;
    private readonly int[] _firstRunOfFile;
    private HashRun[] _runs;
    private int _asked;

    public HashTable(ContentLayout layout)
    {
        _layout = layout;
        _firstRunOfFile = new int[layout.Files.Length];
        var runs = 0;
        for (var f = 0; f < layout.Files.Length; f++)
        {
            _firstRunOfFile[f] = runs;
            runs += (layout.Files[f].BlockCount + RunLength(f) - 1) / RunLength(f);
        }

        _runs = new HashRun[runs];
        Array.Fill(_runs, new HashRun { FirstSlot = -1, SecondSlot = -1 });
        Whole = new(layout.PieceCount);
        for (var f = 0; f < layout.Files.Length; f++)
        {
            if (!HasTree(f))
            {
                var file = layout.Files[f];
                Whole.SetRun(file.FirstBlock / layout.BlocksPerPiece, (file.FirstBlock + file.BlockCount + layout.BlocksPerPiece - 1) / layout.BlocksPerPiece);
            }
        }
    }

    /// <summary>Pieces that verify only as a whole: no tree, or nobody gives their leaves.</summary>
    public Bits Whole { get; }

    /// <summary>Asks without an answer yet.</summary>
    public int Asked { get => _asked; set => _asked = value; }

    public bool HasTree(int file) => !_layout.Files[file].PiecesRoot.IsZero;

    public ref HashRun this[int run] => ref _runs[run];

    public int RunOf(int file, int block) => _firstRunOfFile[file] + ((block - _layout.Files[file].FirstBlock) / RunLength(file));

    /// <summary>The run as asked on the wire: aligned in its file's tree, and so possibly longer than the file (padding).</summary>
    public BlockRun BlocksOf(int file, int block)
    {
        var first = _layout.Files[file].FirstBlock;
        var length = RunLength(file);
        return new(first + ((block - first) / length * length), length);
    }

    /// <summary>The same for exactly the block's piece: what a peer that hashes a piece when it first serves it can answer.</summary>
    public BlockRun PieceOf(int file, int block)
    {
        var first = _layout.Files[file].FirstBlock;
        var length = Math.Min(RunLength(file), Math.Max(2, (int)BitOperations.RoundUpToPowerOf2((uint)_layout.BlocksPerPiece)));
        return new(first + ((block - first) / length * length), length);
    }

    public void Exchange(ref StateCodec codec)
    {
        codec.Array(ref _runs, _runs.Length);
        codec.Value(ref _asked);
        Whole.Exchange(ref codec);
    }

    private int RunLength(int file) =>
        Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, _layout.Files[file].BlockCount)), 2, MaxRun);
}
