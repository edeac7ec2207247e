using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>HTTP tracker answers: bounded peers with ports, bounded intervals, words that are safe to print.</summary>
public sealed class TrackerResponseTarget : IFuzzTarget
{
    public string Name => "tracker-response";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            "d14:failure reason12:unregisterede", "d8:completei3e10:incompletei1e8:intervali1800e12:min intervali60e5:peers12:\u0001\u0002\u0003\u0004\u001a\u00e1\u0005\u0006\u0007\u0008\u001a\u00e2e",
            "d8:intervali1800e5:peersld2:ip9:127.0.0.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881eed2:ip3:::14:porti6882eed2:ip4:host4:porti1eeee",
            "d8:intervali900e5:peers0:6:peers618:aaaaaaaaaaaaaaaaaa10:tracker id3:xyz15:warning message2:hie",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "5:peersle", "6:peers60:", "8:intervali-1e", "2:ip7:1.2.3.4", "4:porti65536e", "14:failure reason0:", "d", "l", "e" }.Select(Encoding.ASCII.GetBytes)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        if (!TrackerResponse.TryParse(input, out var response, out var error))
        {
            FuzzFailure.Unless(error.Length is > 0 and < 600, "an error is a line");
            return;
        }

        FuzzFailure.Unless(response.IntervalSeconds is >= 0 and <= 86_400 && response.MinIntervalSeconds is >= 0 and <= 86_400, "intervals are bounded");
        FuzzFailure.Unless(response.Succeeded || response.Peers.IsEmpty, "a refusal has no peers");
        FuzzFailure.Unless(!(response.FailureReason + response.Warning).Any(char.IsControl), "words are safe to print");
        Span<byte> compact = stackalloc byte[Bep07Ipv6Peers.EntryBytes];
        foreach (var peer in response.Peers)
        {
            FuzzFailure.Unless(peer.Port > 0, "a peer has a port");
            var again = new List<PeerEndpoint>();
            if (peer.IsIPv4)
            {
                Bep23CompactPeers.Write(peer, compact);
                FuzzFailure.Unless(Bep23CompactPeers.TryRead(compact[..Bep23CompactPeers.EntryBytes], again), "a compact peer is read");
            }
            else
            {
                Bep07Ipv6Peers.Write(peer, compact);
                FuzzFailure.Unless(Bep07Ipv6Peers.TryRead(compact, again), "a compact peer is read");
            }

            FuzzFailure.Unless(again.Count == 1 && again[0] == peer, "write → read gives the peer");
        }
    }
}
