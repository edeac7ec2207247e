using Swarm.Core;

namespace Swarm.Protocol.Tests;

public sealed class PieceSpaceTests
{
    [Fact]
    public void EveryBlockOfEveryFile_GoesToTheWireAndBack()
    {
        var metainfo = MetainfoGoldenTests.Parse("folder-hybrid");
        var layout = metainfo.Layout;
        Assert.Equal(15, metainfo.PieceCount);
        for (var file = 0; file < layout.Files.Length; file++)
        {
            for (var i = 0; i < layout.Files[file].BlockCount; i++)
            {
                var block = new BlockIndex(layout.Files[file].FirstBlock + i);
                var piece = layout.PieceOf(block);
                Assert.True(layout.TryBlockOf(piece, layout.BeginOf(block), layout.BlockBytes(block.Value), out var back));
                Assert.Equal(block, back);
                Assert.True(layout.TryFileOf(piece, out var owner, out var pieceInFile));
                Assert.Equal((file, i / layout.BlocksPerPiece), (owner, pieceInFile));
                Assert.True(layout.BlocksOf(piece).Contains(block.Value));
            }
        }
    }

    [Fact]
    public void Pieces_OfAllFiles_AddUpToTheContent()
    {
        var metainfo = MetainfoGoldenTests.Parse("folder-hybrid");
        var pieces = Enumerable.Range(0, metainfo.PieceCount).Select(p => new PieceIndex(p)).ToList();
        Assert.Equal(metainfo.TotalLength, pieces.Sum(p => (long)metainfo.Layout.PieceBytes(p)));
        Assert.Equal(15L * 32768, pieces.Sum(p => (long)metainfo.V1PieceBytes(p)));
        Assert.Equal(metainfo.Layout.Files.Sum(f => f.BlockCount), pieces.Sum(p => metainfo.Layout.BlocksOf(p).Count));
        // e-odd, 5 bytes: a v2 piece of 5, a v1 piece filled by its pad file.
        Assert.Equal((5, 32768), (metainfo.Layout.PieceBytes(pieces[9]), metainfo.V1PieceBytes(pieces[9])));
    }

    [Theory]
    [InlineData(-1, 0, 16384)]
    [InlineData(15, 0, 16384)]
    [InlineData(0, -16384, 16384)]
    [InlineData(0, 32768, 16384)]
    [InlineData(0, 1, 16384)]
    [InlineData(0, 0, 0)]
    [InlineData(0, 0, 16383)]
    [InlineData(0, 0, 32768)]
    [InlineData(9, 0, 16384)]
    [InlineData(9, 16384, 16384)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    public void Request_ThatIsNoBlock_IsRefused(int piece, int begin, int length) =>
        Assert.False(MetainfoGoldenTests.Parse("folder-hybrid").Layout.TryBlockOf(new PieceIndex(piece), begin, length, out _));

    [Fact]
    public void V1Only_Folder_IsOneRunOfBytes()
    {
        var metainfo = MetainfoGoldenTests.Parse("folder-v1");
        Assert.False(metainfo.HasV2Trees);
        Assert.Equal(metainfo.TotalLength, Assert.Single(metainfo.Layout.Files).Length);
        Assert.Equal(70000, metainfo.Files[1].Range.Offset);
        Assert.Equal((int)((metainfo.TotalLength + 32767) / 32768), metainfo.PieceCount);
        Assert.Equal(20, metainfo.V1PieceHash(new PieceIndex(metainfo.PieceCount - 1)).Length);
    }
}
