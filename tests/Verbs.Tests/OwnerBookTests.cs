using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary>The processes of connections, over a watch of days.</summary>
public sealed class OwnerBookTests
{
    [Fact]
    public void ConnectionsThatCloseAgain_AreForgotten()
    {
        const int each = 500, readings = 20;
        var fresh = Enumerable.Range(1, each).Select(i => new SocketSample { Cookie = (ulong)i, State = TcpState.Established, Fields = SocketFields.Memory }).ToArray();
        using var watch = new SocketWatch(
            [new ToldProbe(fresh) { Script = static (s, reading) => s with { Cookie = s.Cookie + (ulong)(reading * each), Inode = (uint)s.Cookie + (uint)(reading * each) } }], TimeProvider.System);
        var book = new OwnerBook(watch);
        for (var i = 0; i < readings; i++)
        {
            watch.Sweep();
            book.Learn(watch.Analyser.Sockets);
            Assert.InRange(book.Count, each, 2000);
        }
    }
}
