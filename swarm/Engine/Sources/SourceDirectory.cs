using System.Collections.Concurrent;
using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>One thing a source did wrong, with the block it did it to.</summary>
public sealed record Blame(int Block, string Reason, DateTimeOffset At);

/// <summary>Who a source is or was, kept for receipts after it left. Thread-safe.</summary>
public sealed class SourceRecord(int id, SourceKind kind, string address)
{
    private ImmutableList<Blame> _blame = [];
    private long _received;
    private long _sent;

    public int Id => id;
    public SourceKind Kind => kind;
    public string Address => address;

    /// <summary>What the source calls itself; null when it did not say.</summary>
    public string? ClientName { get; set; }

    /// <summary>The swarm of a peer; null for an origin.</summary>
    public string? Infohash { get; set; }

    public bool Banned { get; private set; }

    /// <summary>An origin from the first on; a peer once its handshake is done.</summary>
    public bool Connected { get; set; } = kind != SourceKind.Peer;

    /// <summary>Payload bytes it sent, used or not.</summary>
    public long ReceivedBytes => Volatile.Read(ref _received);

    /// <summary>Payload bytes given to it.</summary>
    public long SentBytes => Volatile.Read(ref _sent);

    public ImmutableList<Blame> Blames => Volatile.Read(ref _blame);

    public void Received(int bytes) => Interlocked.Add(ref _received, bytes);

    public void Sent(int bytes) => Interlocked.Add(ref _sent, bytes);

    public void Ban(Blame blame)
    {
        ImmutableInterlocked.Update(ref _blame, list => list.Count < 64 ? list.Add(blame) : list);
        Banned = true;
    }
}

/// <summary>Every source this node has met, by its number. Thread-safe.</summary>
public sealed class SourceDirectory
{
    private readonly ConcurrentDictionary<int, SourceRecord> _records = new();

    public SourceRecord Add(int id, SourceKind kind, string address) => _records[id] = new(id, kind, address);

    public SourceRecord? Find(int id) => _records.GetValueOrDefault(id);

    /// <summary>The store for -1 and for sources long forgotten.</summary>
    public SourceKind KindOf(int id) => _records.TryGetValue(id, out var r) ? r.Kind : SourceKind.Store;

    /// <summary>Keeps the newest few thousand: receipts of open responses name none older.</summary>
    public void Trim()
    {
        const int kept = 4_096;
        foreach (var gone in _records.Values.Where(r => !r.Connected).OrderByDescending(r => r.Id).Skip(kept).ToArray())
        {
            _records.TryRemove(gone.Id, out _);
        }
    }

    public IEnumerable<SourceRecord> All => _records.Values;
}
