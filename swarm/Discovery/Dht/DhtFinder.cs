using System.Net;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// Finds peers of one torrent by the DHT, and tells it of ours. One loop for each infohash of the torrent, as a hybrid's two swarms meet under different keys.
/// </summary>
public sealed class DhtFinder : IPeerFinder
{
    /// <summary>How often one that rests looks whether it is wanted again.</summary>
    private static readonly TimeSpan RestInterval = TimeSpan.FromSeconds(2);

    private readonly MainlineDht _dht;
    private readonly Func<bool> _isWanted;
    private readonly Func<int> _peerPort;
    private readonly Action<IReadOnlyList<IPEndPoint>> _found;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private int _isStopping;

    private DhtFinder(MainlineDht dht, InfoHash infoHash, Func<bool> isWanted, Func<int> peerPort, Action<IReadOnlyList<IPEndPoint>> found, TimeProvider time)
    {
        (_dht, _isWanted, _peerPort, _found, _time) = (dht, isWanted, peerPort, found, time);
        WireHash?[] hashes = [WireHash.V1Of(infoHash), WireHash.V2Of(infoHash)];
        _run = Task.WhenAll(hashes.OfType<WireHash>().Select(hash => Task.Run(() => RunAsync(hash))));
    }

    /// <param name="isWanted">False while nobody reads and nothing is given: nodes are left alone meanwhile.</param>
    /// <param name="peerPort">Where this node takes peers; 0 while it is not to be announced.</param>
    /// <param name="found">Told the peers; any thread.</param>
    public static DhtFinder Start(MainlineDht dht, InfoHash infoHash, Func<bool> isWanted, Func<int> peerPort, Action<IReadOnlyList<IPEndPoint>> found, TimeProvider time) =>
        new(dht, infoHash, isWanted, peerPort, found, time);

    /// <summary>The DHT keeps no books of seeds.</summary>
    public void Completed()
    {
    }

    /// <summary>Stops at once: what was announced is forgotten by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isStopping, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(WireHash hash)
    {
        var inVain = 0;
        try
        {
            while (true)
            {
                var wait = RestInterval;
                if (_isWanted())
                {
                    var port = _peerPort();
                    var result = await _dht.SearchAsync(hash, port, peers => _found([.. peers.Select(p => p.ToEndPoint())]), _stop.Token).ConfigureAwait(false);
                    inVain = result.Peers > 0 ? 0 : inVain + 1;
                    wait = DhtSchedule.After(result, inVain, Random.Shared.NextDouble());
                }

                await Task.Delay(wait, _time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
