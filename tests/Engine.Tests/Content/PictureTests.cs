namespace Swarm.Engine.Tests;

public sealed class PictureTests
{
    private const int Block = TestTorrent.Block;
    private static readonly byte[] Bytes = TestTorrent.Bytes((10 * Block) + 777);

    [Fact]
    public async Task EachBlockACell_SaysWhoseItIs()
    {
        await using var node = new TestNode();
        var content = node.Content(Bytes.Length);
        node.LoneLoop(content);
        content.BindTree(TestTorrent.Tree(TestTorrent.Of(Bytes)), null);
        content.LearnLeaves(0, TestTorrent.Leaves(Bytes).AsSpan(0, 4), giver: 2);
        var feed = new ContentFeed(node, content, Bytes);
        feed.Origin(0);
        feed.Origin(10);
        feed.Peer(1);
        feed.Peer(6); // its leaf is not known yet

        Assert.Equal(new ContentPicture(1, "op....h...o", "99000090009"), content.Picture(100));
    }

    [Theory]
    [InlineData(4, "o...", "6000")] // 2 of 3 blocks
    [InlineData(1, "o", "1")]
    public async Task FewerCellsThanBlocks_TellHowFullTheyAre_NeverNothingForSomething(int cells, string kinds, string fill)
    {
        await using var node = new TestNode();
        var content = node.Content(Bytes.Length);
        node.LoneLoop(content);
        var feed = new ContentFeed(node, content, Bytes);
        feed.Origin(0);
        feed.Origin(1);
        var picture = content.Picture(cells);

        Assert.Equal((kinds, fill), (picture.Kinds, picture.Fill));
    }
}
