using Swarm.Core;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine.Tests;

/// <summary>Files the user has are taken into torrents of v1 too: piece by piece, across files where its pieces run across them.</summary>
public sealed class TorrentAdoptionTests : IDisposable
{
    private const int Piece = 2 * TestTorrent.Block;
    private static readonly byte[] A = TestTorrent.Bytes((3 * Piece) + 5_000, 1);
    private static readonly byte[] B = TestTorrent.Bytes((2 * Piece) + 700, 2);

    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-adoption-").FullName;

    private string Mine => Path.Combine(_folder, "mine");

    [Fact]
    public void V1OfOneFile_IsTakenWhole()
    {
        var torrent = TestTorrent.Of(A, Piece, format: MetainfoFormat.V1);
        Write("film", A);

        using var store = OpenStore();
        var outcome = Adopt(store, torrent);

        Assert.Equal("adopted: all 4 pieces are right.", outcome.Sentence());
        Assert.Equal(A, Held(store, torrent, 0));
    }

    [Fact]
    public void V1WithPads_IsTakenByFile()
    {
        var torrent = TestTorrent.V1Folder(A, B, Piece, padded: true);
        Write("folder/a", A);
        Write("folder/b", B);

        using var store = OpenStore();
        var outcome = Adopt(store, torrent);

        Assert.Equal("adopted: all 7 pieces are right.", outcome.Sentence());
        Assert.Equal(A, Held(store, torrent, 0));
        Assert.Equal(B, Held(store, torrent, 1));
    }

    [Fact]
    public void V1WhosePiecesRunAcrossFiles_IsTakenAsOne()
    {
        var torrent = TestTorrent.V1Folder(A, B, Piece, padded: false);
        Assert.False(torrent.IsAligned);
        Write("folder/a", A);
        Write("folder/b", B);

        using var store = OpenStore();
        var outcome = Adopt(store, torrent);

        Assert.Equal("adopted: all 6 pieces are right.", outcome.Sentence());
        Assert.Equal([.. A, .. B], Held(store, torrent, 0));
    }

    [Fact]
    public void V1WhosePiecesRunAcrossFiles_WithoutOneOfThem_HasWhatLiesInTheOtherAlone()
    {
        var torrent = TestTorrent.V1Folder(A, B, Piece, padded: false);
        Write("folder/a", A);

        using var store = OpenStore();
        var outcome = Adopt(store, torrent);

        Assert.Equal(
            "adopted: 3 of 6 pieces are right; 3 differ from the torrent (a: piece 3, b: piece 4, 5); not there: b; what is wrong is fetched when it is wanted, your files are never changed.",
            outcome.Sentence());
        using var content = store.Open(StoreKeys.Of(torrent, 0), A.Length + B.Length)!;
        Assert.Equal([new BlockRun(0, 6)], content.PresentRuns());
    }

    [Fact]
    public void V1OfWrongData_SaysWhichPieces_AndTakesNoneOfThem()
    {
        var torrent = TestTorrent.Of(A, Piece, format: MetainfoFormat.V1);
        var wrong = (byte[])A.Clone();
        wrong[Piece + 1] ^= 1;
        Write("film", wrong);

        using var store = OpenStore();
        var outcome = Adopt(store, torrent);

        Assert.Equal(
            "adopted: 3 of 4 pieces are right; 1 differ from the torrent (film: piece 1); what is wrong is fetched when it is wanted, your files are never changed.",
            outcome.Sentence());
        using var content = store.Open(StoreKeys.Of(torrent, 0), A.Length)!;
        Assert.False(content.Has(2) || content.Has(3));
        Assert.Equal(wrong, File.ReadAllBytes(Path.Combine(Mine, "film")));
    }

    [Fact]
    public void V1File_ThatChangesLater_IsNoLongerGiven()
    {
        var torrent = TestTorrent.Of(A, Piece, format: MetainfoFormat.V1);
        Write("film", A);
        using var store = OpenStore();
        Adopt(store, torrent);
        using var content = store.Open(StoreKeys.Of(torrent, 0), A.Length)!;

        var changed = (byte[])A.Clone();
        changed[0] ^= 1;
        Write("film", changed);

        Assert.Equal(-1, content.Read(0, 0, new byte[10]));
        Assert.Equal(10, content.Read(1, 0, new byte[10]));
    }

    [Fact]
    public void EmptyFile_IsNamed()
    {
        var torrent = TestTorrent.Of(A, Piece, format: MetainfoFormat.V1);
        Write("film", []);

        using var store = OpenStore();
        var outcome = Adopt(store, torrent);

        Assert.Equal("film (it is empty, or no file)", Assert.Single(outcome.Unreadable));
        Assert.Equal(0, outcome.Pieces);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private PieceStore OpenStore()
    {
        Assert.True(PieceStore.TryOpen(new() { DataDirectory = Path.Combine(_folder, "data"), QuotaBytes = 1 << 30, CloseTimeout = TimeSpan.FromMinutes(5) }, out var store, out var error), error?.Message);
        return store;
    }

    private AdoptionOutcome Adopt(PieceStore store, Metainfo torrent)
    {
        long told = 0;
        var outcome = new TorrentAdoption(store, torrent, file => StoreKeys.Of(torrent, file)).Run(Mine, bytes => told = bytes, CancellationToken.None);
        Assert.Equal(outcome.Bytes, told);
        return outcome;
    }

    private void Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Mine, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    private static byte[] Held(PieceStore store, Metainfo torrent, int file)
    {
        var length = torrent.Layout.Files[file].Length;
        using var content = store.Open(StoreKeys.Of(torrent, file), length)!;
        var all = new byte[length];
        for (var offset = 0; offset < all.Length;)
        {
            var read = content.Read(offset / TestTorrent.Block, 0, all.AsSpan(offset, Math.Min(TestTorrent.Block, all.Length - offset)));
            Assert.True(read > 0, $"block {offset / TestTorrent.Block} is not here");
            offset += read;
        }

        return all;
    }
}
