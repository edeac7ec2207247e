namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>What a second node finds of the first, and what a store that takes nothing costs (nothing).</summary>
public sealed class StoreTests
{
    private static readonly Film Film = Film.Make(10);

    [Fact]
    public async Task Restart_StoredBytesAreServedRightAfterPermission_AndOnlyThen()
    {
        var folder = Directory.CreateTempSubdirectory("swarm-store-");
        try
        {
            await using var origin = new FilmOrigin(Film) { Link = null };
            await using (var first = await TestNode.StartAsync(new() { DataDirectory = folder.FullName }))
            {
                await first.GetAsync(origin.Url);
            }

            await using var second = await TestNode.StartAsync(new() { DataDirectory = folder.FullName });
            var answer = await second.GetAsync(origin.Url);
            Assert.Equal((0, (64 << 10) - 1L), origin.Requests.Last().Range);
            origin.Answers = _ => FilmReply.Empty(403);
            var denied = await second.GetAsync(origin.Url, "Cache-Control: no-cache");

            PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
            var receipt = await second.ReceiptAsync(answer);
            Assert.Equal(Film.Length - receipt.BytesBySource.Origin, receipt.BytesBySource.Store);
            Assert.Equal(403, denied.Status);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Restart_StoredFileWithALink_LeavesWithoutAnyPeerToProveIt()
    {
        var folder = Directory.CreateTempSubdirectory("swarm-store-");
        try
        {
            await using var origin = new FilmOrigin(Film);
            await using (var first = await TestNode.StartAsync(new() { DataDirectory = folder.FullName }))
            {
                await first.GetAsync(origin.Url);
            }

            await using var second = await TestNode.StartAsync(new() { DataDirectory = folder.FullName });
            var answer = await second.GetAsync(origin.Url);

            PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
            var receipt = await second.ReceiptAsync(answer);
            Assert.Equal(Film.Length - receipt.BytesBySource.Origin, receipt.BytesBySource.Store);
            Assert.True(receipt.BytesBySource.Origin <= 64 << 10, $"{receipt.BytesBySource.Origin} bytes were asked of the origin again");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Restart_BytesOfPeers_AreServedAgainOnlyUnderTheirTree()
    {
        var folder = Directory.CreateTempSubdirectory("swarm-store-");
        try
        {
            await using var seed = new SeedPeer(Film);
            await using (var node = await TestNode.StartAsync(new() { DataDirectory = folder.FullName, Peers = [seed], Torrents = [Film] }))
            {
                await node.GetAsync($"/torrents/{Film.Infohash}");
            }

            await using var again = await TestNode.StartAsync(new() { DataDirectory = folder.FullName, Torrents = [Film] });
            var answer = await again.GetAsync($"/torrents/{Film.Infohash}");

            PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
            Assert.Equal(Film.Length, (await again.ReceiptAsync(answer)).BytesBySource.Store);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StoreThatTakesNothing_PassesThrough(bool full)
    {
        var folder = Directory.CreateTempSubdirectory("swarm-store-");
        try
        {
            // A file where the folder for contents should be is as read-only as a disk can get, for root too.
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "data"), "", TestContext.Current.CancellationToken);
            await using var origin = new FilmOrigin(Film);
            await using var node = await TestNode.StartAsync(full ? new() { QuotaBytes = 1 } : new() { DataDirectory = folder.FullName });

            var answer = await node.GetAsync(origin.Url);

            PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
            Assert.Equal("complete", (await node.ReceiptAsync(answer)).Outcome);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
