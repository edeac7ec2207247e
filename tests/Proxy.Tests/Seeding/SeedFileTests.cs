using System.Net;
using Swarm.Core;
using Swarm.Protocol;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>A file that is seeded by the leaves it was hashed to: nothing is taken on trust that a peer could notice.</summary>
public sealed class SeedFileTests : IDisposable
{
    private const int PieceBytes = 256 << 10;

    private readonly string _home = Directory.CreateTempSubdirectory("swarm-seedfile-").FullName;
    private readonly byte[] _content = new byte[1_000_000];
    private readonly Metainfo _torrent;
    private readonly Hash256[] _leaves;

    public SeedFileTests()
    {
        new Random(3).NextBytes(_content);
        File.WriteAllBytes(FilePath, _content);
        using var hasher = new MetainfoHasher(MetainfoFormat.Hybrid, PieceBytes, singleFile: true);
        hasher.Append(_content);
        hasher.EndFile("film.mp4");
        var builder = new MetainfoBuilder { Name = "film.mp4", PieceLength = PieceBytes, Format = MetainfoFormat.Hybrid, Files = [.. hasher.Files], V1Pieces = hasher.EndContent() };
        Assert.True(builder.TryBuild(out var bytes, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(bytes, out var torrent, out error), error?.ToString());
        (_torrent, _leaves) = (torrent, hasher.Files[0].Leaves.ToArray());
    }

    private string FilePath => Path.Combine(_home, "film.mp4");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task Leaves_OfTheFile_ServeIt_WithoutAnotherLookAtIt()
    {
        await using var node = await TestNode.StartAsync();
        Assert.Null(node.Engine.SeedFile(_torrent, FilePath, _leaves));
        Assert.Equal(_content.Length, node.Engine.HeldBytes(node.Engine.FindTorrent(_torrent.InfoHash.Id)!));
        Assert.True(node.Engine.RemoveTorrent(_torrent.InfoHash.Id));
        Assert.Null(node.Engine.FindTorrent(_torrent.InfoHash.Id));
        Assert.Null(node.Engine.AdmitPeer(WireHash.V1Of(_torrent.InfoHash)!.Value, new IPEndPoint(IPAddress.Loopback, 1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(61)]
    public async Task Leaves_ThatAreNotTheTorrents_AreRefused(int wrong)
    {
        await using var node = await TestNode.StartAsync();
        _leaves[wrong] = default;
        Assert.Equal("the hashes kept of it are not those of its torrent", node.Engine.SeedFile(_torrent, FilePath, _leaves));
        Assert.Null(node.Engine.FindTorrent(_torrent.InfoHash.Id));
        Assert.NotNull(node.Engine.SeedFile(_torrent, FilePath, _leaves.AsMemory(1)));
    }

    [Fact]
    public async Task BytesThatChangedSince_AreNeverGiven()
    {
        await using var node = await TestNode.StartAsync();
        Assert.Null(node.Engine.SeedFile(_torrent, FilePath, _leaves));
        using (var file = new FileStream(FilePath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 500_000;
            file.Write(new byte[1000]);
        }

        using var content = node.Engine.Store!.Find(node.Engine.Store.Contents().Single().Key)!;
        var block = 500_000 / PieceLayout.BlockSize;
        var bytes = new byte[PieceLayout.BlockSize];
        Assert.Equal(-1, content.Read(block, 0, bytes));
        Assert.False(content.Has(block));
        Assert.Equal(PieceLayout.BlockSize, content.Read(block - 1, 0, bytes));
        Assert.Equal(_content[((block - 1) * PieceLayout.BlockSize)..(block * PieceLayout.BlockSize)], bytes);
    }
}
