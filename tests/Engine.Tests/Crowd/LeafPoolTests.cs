using Swarm.Core;

namespace Swarm.Engine.Tests.Crowd;

/// <summary>Leaf hashes from several hands: whole only together, ours above theirs, liars not listened to.</summary>
public sealed class LeafPoolTests
{
    private static readonly Hash256 A = new(1, 0, 0, 0);
    private static readonly Hash256 B = new(2, 0, 0, 0);
    private static readonly Hash256 Wrong = new(9, 9, 9, 9);

    [Fact]
    public void Piece_OfTwoHands_IsWholeWithTheLast()
    {
        var pool = new LeafPool();
        Assert.Null(pool.Add(3, 2, 0, [A], source: 7));
        Assert.Equal([A, B], Assert.IsType<Hash256[]>(pool.Add(3, 2, 1, [B], source: 8)));
    }

    [Fact]
    public void OwnLeaf_ReplacesTheirs_AndTheirsNeverOurs()
    {
        var pool = new LeafPool();
        pool.Add(0, 2, 0, [Wrong], source: 7);
        pool.Add(0, 2, 0, [A], LeafPool.Own);
        pool.Add(0, 2, 0, [Wrong], source: 8);
        Assert.Equal([A, B], Assert.IsType<Hash256[]>(pool.Add(0, 2, 1, [B], LeafPool.Own)));
    }

    [Fact]
    public void WrongPiece_KeepsOurs_AndIsWholeAgainByOthers()
    {
        var pool = new LeafPool();
        pool.Add(0, 2, 0, [A], LeafPool.Own);
        Assert.NotNull(pool.Add(0, 2, 1, [Wrong], source: 7));
        pool.Settle(0, right: false);
        Assert.Equal([A, B], Assert.IsType<Hash256[]>(pool.Add(0, 2, 1, [B], source: 8)));
    }

    [Fact]
    public void Source_InThreeWrongPieces_IsNotListenedTo()
    {
        var pool = new LeafPool();
        for (var piece = 0; piece < 3; piece++)
        {
            Assert.NotNull(pool.Add(piece, 1, 0, [Wrong], source: 7));
            pool.Settle(piece, right: false);
        }

        Assert.Null(pool.Add(3, 1, 0, [A], source: 7));
        Assert.NotNull(pool.Add(3, 1, 0, [A], source: 8));
    }

    [Fact]
    public void Flood_OfPiecesAndBlocksBeyondThem_IsBounded()
    {
        var pool = new LeafPool();
        for (var piece = 0; piece < 10_000; piece++)
        {
            pool.Add(piece, 4, 3, [A, B, Wrong], source: 7);
        }

        Assert.InRange(pool.Pieces, 1, 64);
    }

    [Fact]
    public void SettledPiece_IsNotWholeAgain()
    {
        var pool = new LeafPool();
        Assert.NotNull(pool.Add(0, 1, 0, [A], source: 7));
        pool.Settle(0, right: true);
        Assert.Null(pool.Add(0, 1, 0, [A], source: 8));
    }
}
