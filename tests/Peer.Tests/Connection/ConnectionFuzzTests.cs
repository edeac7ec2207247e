namespace Swarm.Peer.Tests;

/// <summary>Mutated streams against a live connection: whatever comes, a clean end. The readers alone have targets in tests/Fuzz.</summary>
public sealed class ConnectionFuzzTests
{
    private static readonly byte[] Corpus = [.. GoldenFile.Read("messages.txt").SelectMany(c => c.Bytes)];

    [Fact]
    public async Task Connection_MutatedStreams_EndsCleanly_NeverByABugOfOurs()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var sink = new RecordingSink();
            await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);
            try
            {
                await peer.SendAsync(Mutated(seed, Corpus));
                peer.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // It closed before everything was sent.
            }

            await sink.Until(() => sink.CloseReason is not null, "the end");
            var reason = sink.CloseReason!.Value;
            Assert.True(reason.Kind is PeerCloseKind.Protocol or PeerCloseKind.RemoteClosed, $"seed {seed}: {reason}");
        }
    }

    private static byte[] Mutated(int seed, byte[] corpus)
    {
        var random = new Random(seed);
        var bytes = corpus.AsSpan(random.Next(8) == 0 ? random.Next(corpus.Length) : 0).ToArray();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 when bytes.Length > 2:
                    bytes = [.. bytes[..at], .. bytes[(at + 1)..]];
                    break;
                default:
                    bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]];
                    break;
            }
        }

        return bytes;
    }
}
