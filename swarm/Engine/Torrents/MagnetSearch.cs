using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// Looks for the metadata of one magnet: finds peers, asks a few at a time, believes what hashes to the infohash. Runs while somebody
/// waits for it. Thread-safe.
/// </summary>
internal sealed class MagnetSearch : IAsyncDisposable
{
    /// <summary>Peers asked at once: at most four times 16 MiB are on the way.</summary>
    private const int MaxAsked = 4;

    private const int MaxAttempts = 7;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly EngineContext _context;
    private readonly EngineNetwork _network;
    private readonly Lock _gate = new();
    private readonly DialBook _book;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<Metainfo> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private readonly IAsyncDisposable? _finder;
    private Metainfo? _withoutLayers;
    private int _asking;
    private int _asked;
    private bool _closed;

    public MagnetSearch(EngineContext context, EngineNetwork network, Bep53Magnet magnet)
    {
        (_context, _network, Magnet) = (context, network, magnet);
        _book = new(FirstRetry, MaxAttempts, network.PriorityOf);
        _timer = context.Time.CreateTimer(_ => AskMore(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        foreach (var peer in magnet.Peers.Select(PeerHint.Parse).OfType<PeerHint>().Concat(context.Options.ExtraPeers.Select(p => new PeerHint(p.Host, p.Port))))
        {
            _ = LearnAsync(peer);
        }

        // Every tracker of a magnet is a tier of its own: nothing says how they belong together (BEP 9). Unknown left is said as one byte, or trackers would name no seeds.
        _finder = network.FindPeers(new(magnet.InfoHash)
        {
            TrackerTiers = [.. magnet.Trackers.Select(t => (IReadOnlyList<string>)[t])],
            LeftBytes = () => 1,
            Found = found => Learn(found.By, found.EndPoints),
        });
    }

    public Bep53Magnet Magnet { get; }

    /// <summary>Cancelled when the search ends.</summary>
    public CancellationToken Closing => _closing.Token;

    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Completes with the metadata; cancelled when the search ends without.</summary>
    public Task<Metainfo> Found => _found.Task;

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        await _closing.CancelAsync(); // never disposed: dials that end later still look at its token
        _found.TrySetCanceled();
        await _timer.DisposeAsync();
        if (_finder is not null)
        {
            await _finder.DisposeAsync();
        }
    }

    private async Task LearnAsync(PeerHint peer)
    {
        try
        {
            var target = await _network.Policy.CheckAsync(DialPurpose.Peer, peer.Host, peer.Port, _closing.Token);
            if (target.Refusal is { } refusal)
            {
                _context.Events.Publish("peer.refused", refusal.ToString());
            }

            Learn(FoundBy.Given, [.. target.EndPoints ?? []]);
        }
        catch (OperationCanceledException)
        {
            // The search is over.
        }
    }

    private void Learn(FoundBy by, IReadOnlyList<IPEndPoint> peers)
    {
        lock (_gate)
        {
            foreach (var peer in peers)
            {
                _book.Learn(peer, by);
            }
        }

        AskMore();
    }

    private void AskMore()
    {
        while (true)
        {
            DialCandidate? next;
            lock (_gate)
            {
                if (_closed || _found.Task.IsCompleted || _asking >= MaxAsked)
                {
                    return;
                }

                next = _book.Next(_context.Now, seedsToo: true, static _ => false);
                if (next is null || !_network.TryStartDial())
                {
                    return;
                }

                next.IsBusy = true;
                _asking++;
                _asked++;
            }

            _ = AskAsync(next);
        }
    }

    private async Task AskAsync(DialCandidate candidate)
    {
        var result = new MetadataResult(null, MetadataFault.Silent, "not reachable");
        try
        {
            using var patience = new CancellationTokenSource(Patience, _context.Time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, patience.Token);
            if (await DialAsync(candidate, limit.Token) is { } socket)
            {
                result = await MetadataFetcher.FetchAsync(socket, Magnet.InfoHash, _withoutLayers, _network.PeerSettings, limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Out of time, or the search is over.
        }

        lock (_gate)
        {
            _asking--;
            _book.Retire(candidate, _context.Now, forGood: result.Fault is MetadataFault.Lied or MetadataFault.NotOurs);
            if (_withoutLayers is null && result.Metainfo is not null)
            {
                // Who has layers answers under the v2 hash that is known only now: everyone is asked again at once.
                _withoutLayers = result.Metainfo;
                foreach (var other in _book.All)
                {
                    other.NotBefore = default;
                }
            }
        }

        if (result.IsComplete)
        {
            _found.TrySetResult(result.Metainfo!);
            return;
        }

        _context.Events.Publish(
            result.Fault == MetadataFault.Lied ? "metadata.lied" : "metadata.missing", $"{candidate.EndPoint}: {result.Detail}");
        AskMore();
    }

    private async Task<Socket?> DialAsync(DialCandidate candidate, CancellationToken cancel)
    {
        try
        {
            var dial = await _network.Policy.DialAsync(candidate.Purpose, candidate.EndPoint.Address.ToString(), candidate.EndPoint.Port, cancel);
            return dial.Socket;
        }
        catch (SocketException)
        {
            return null;
        }
        finally
        {
            _network.EndDial();
        }
    }
}
