using System.Buffers;
using System.Collections.Concurrent;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>A sink that writes down what it is told, one line a call, and lets a test wait for a line or a state.</summary>
internal class RecordingSink : IPeerSink
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<(Func<bool> Done, TaskCompletionSource Waiter)> _waiters = [];

    public ConcurrentQueue<(int Piece, int Begin, byte[] Bytes)> Blocks { get; } = [];

    public PeerConnection? Peer { get; private set; }

    public PeerClose? CloseReason { get; private set; }

    public string[] Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public virtual void Ready(PeerConnection peer)
    {
        Peer = peer;
        Add("ready");
    }

    public virtual void Described(PeerConnection peer) => Add($"described {peer.ClientName} reqq {peer.ReqQ}");

    public virtual void Has(PeerConnection peer, int firstPiece, int count) => Add($"has {firstPiece}+{count}");

    public virtual void DontHave(PeerConnection peer, int piece) => Add($"donthave {piece}");

    public virtual void Choked(PeerConnection peer, bool requestsDropped) => Add(requestsDropped ? "choked, dropped" : "choked");

    public virtual void Unchoked(PeerConnection peer) => Add("unchoked");

    public virtual void AllowedFast(PeerConnection peer, int piece) => Add($"allowed {piece}");

    public virtual void BlockProgress(PeerConnection peer, int piece, int begin, int bytesSoFar) => Add($"progress {piece}/{begin} {bytesSoFar}");

    public virtual void Block(PeerConnection peer, int piece, int begin, in ReadOnlySequence<byte> payload)
    {
        Blocks.Enqueue((piece, begin, payload.ToArray()));
        Add($"block {piece}/{begin}+{payload.Length}");
    }

    public virtual void Rejected(PeerConnection peer, int piece, int begin, int length) => Add($"rejected {piece}/{begin}+{length}");

    public virtual void Hashes(PeerConnection peer, in HashesMessage message) =>
        Add($"hashes {message.Request.Index}+{message.Request.Length} uncles {message.UncleCount}");

    public virtual void HashesRejected(PeerConnection peer, in HashRequestMessage request) => Add($"hashes rejected {request.Index}+{request.Length}");

    public virtual void Crowd(PeerConnection peer, in CrowdMessage message, ref SequenceReader<byte> rest) =>
        Add($"crowd {message.Kind} {message.Piece} {message.Begin} {message.Number}");

    public virtual void BatchEnd(PeerConnection peer) => Pulse();

    public virtual void Closed(PeerConnection peer, PeerClose reason)
    {
        CloseReason = reason;
        Add($"closed: {reason}");
    }

    public int CountOf(string line)
    {
        lock (_gate)
        {
            return _lines.Count(l => l == line);
        }
    }

    /// <summary>Waits for a line; fails with everything that was told instead.</summary>
    public Task Told(string line) => Until(() => Lines.Contains(line), $"'{line}'");

    /// <summary>Waits for a state that some call brings about.</summary>
    public async Task Until(Func<bool> done, string what)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiters.Add((done, waiter));
        }

        Pulse();
        try
        {
            await waiter.Task.WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"waited for {what}, was told:\n{string.Join('\n', Lines)}");
        }
    }

    protected void Add(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
        }

        Pulse();
    }

    private void Pulse()
    {
        (Func<bool> Done, TaskCompletionSource Waiter)[] waiters;
        lock (_gate)
        {
            if (_waiters.Count == 0)
            {
                return;
            }

            waiters = [.. _waiters];
        }

        foreach (var (done, waiter) in waiters)
        {
            if (done())
            {
                waiter.TrySetResult();
            }
        }

        lock (_gate)
        {
            _waiters.RemoveAll(w => w.Waiter.Task.IsCompleted);
        }
    }
}
