using Swarm.Core;

namespace Swarm.Engine.Tests;

public sealed class PlayheadTests
{
    [Fact]
    public async Task PlayersWord_ReachesTheLoopThatItsReaderSitsIn_AndNoneOnceItIsClosed()
    {
        await using var node = new TestNode();
        var content = node.Content(10 << 20);
        var loop = node.LoneLoop(content);
        var reader = node.Reader(content);
        reader.OnPlayheadTold(TimeSpan.FromSeconds(1), 1); // before it sits anywhere
        reader.Open(null);
        reader.OnPlayheadTold(TimeSpan.FromSeconds(2.5), 640_000);
        await reader.DisposeAsync();
        reader.OnPlayheadTold(TimeSpan.FromSeconds(9), 9);

        var told = Assert.Single(await TestNode.EventsOf(loop), e => e.Kind == EventKind.PlayheadTold);
        Assert.Equal((reader.Id, 2_500_000L, 640_000L), (told.Id, told.B, told.C));
    }
}
