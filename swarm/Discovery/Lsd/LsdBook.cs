using System.Collections.Immutable;
using System.Net;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// What local discovery (BEP 14) says and makes of what it hears, without a socket. Not thread-safe.
/// </summary>
/// <param name="cookie">Tells our own words from others'.</param>
public sealed class LsdBook(string cookie)
{
    /// <summary>A torrent is called out again after libtorrent's interval, so that who came later hears of us.</summary>
    public const long RepeatMicros = 300_000_000;

    /// <summary>BEP 14: no more than one call a minute, on average here: torrents that start one after another are called at once.</summary>
    public const long PaceMicros = 60_000_000;

    private const int Burst = 4;

    /// <summary>Datagrams a second that are looked at; more is no network of people.</summary>
    private const int MaxHeardPerSecond = 100;

    /// <summary>Who called is remembered so long, for a search that starts after another one for the same torrent: that of its bytes after that of its metadata.</summary>
    private const long RememberMicros = 600_000_000;

    private const int MaxHashes = 256;
    private const int MaxCallersOfOne = 50;

    private readonly List<LsdSearch> _searches = [];
    private readonly Dictionary<WireHash, Dictionary<IPEndPoint, Instant>> _heard = [];
    private long _allowance = Burst * PaceMicros;
    private Instant _paidAt;
    private long _second;
    private int _heardInSecond;

    /// <summary>Starts a search; gives who is known already.</summary>
    public ImmutableArray<IPEndPoint> Add(LsdSearch search, Instant now)
    {
        _searches.Add(search);
        var known = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var hash in search.Hashes)
        {
            if (!_heard.TryGetValue(hash, out var callers))
            {
                if (_heard.Count >= MaxHashes)
                {
                    Forget(now);
                }

                _heard[hash] = [];
            }
            else
            {
                known.AddRange(callers.Where(c => now - c.Value < RememberMicros).Select(c => c.Key));
            }
        }

        return [.. known.Distinct()];
    }

    public void Remove(LsdSearch search) => _searches.Remove(search);

    /// <summary>What is to be called out now; null for nothing.</summary>
    /// <param name="port">Where this node takes peers; 0 while it does not.</param>
    public Bep14LocalDiscovery? Due(int port, Instant now)
    {
        _allowance = Math.Min(Burst * PaceMicros, _allowance + (now - _paidAt));
        _paidAt = now;
        if (port == 0 || _allowance < PaceMicros)
        {
            return null;
        }

        var hashes = ImmutableArray.CreateBuilder<WireHash>();
        // Who waited longest first: a call has no room for all.
        foreach (var search in _searches.OrderBy(s => s.CalledAt?.Micros ?? long.MinValue))
        {
            if ((search.CalledAt is { } last && now - last < RepeatMicros) || hashes.Count + search.Hashes.Length > Bep14LocalDiscovery.MaxInfoHashes || !search.MayCall())
            {
                continue;
            }

            search.CalledAt = now;
            hashes.AddRange(search.Hashes);
        }

        if (hashes.Count == 0)
        {
            return null;
        }

        _allowance -= PaceMicros;
        return new((ushort)port, [.. hashes.Distinct()], cookie);
    }

    /// <summary>Whose torrent somebody else called out; nobody's for our own words, and for what comes too fast.</summary>
    public ImmutableArray<LsdSearch> Hear(IPAddress from, Bep14LocalDiscovery said, Instant now)
    {
        var second = now.Micros / 1_000_000;
        (_second, _heardInSecond) = (second, second == _second ? _heardInSecond + 1 : 1);
        if (said.Cookie == cookie || _heardInSecond > MaxHeardPerSecond)
        {
            return [];
        }

        var caller = new IPEndPoint(from, said.Port);
        foreach (var hash in said.InfoHashes)
        {
            // Only what was ever looked for here is remembered.
            if (!_heard.TryGetValue(hash, out var callers))
            {
                continue;
            }

            if (callers.Count >= MaxCallersOfOne)
            {
                Forget(callers, now);
            }

            if (callers.Count < MaxCallersOfOne || callers.ContainsKey(caller))
            {
                callers[caller] = now;
            }
        }

        return [.. _searches.Where(s => s.Hashes.Any(h => said.InfoHashes.Contains(h)))];
    }

    private void Forget(Instant now)
    {
        var wanted = _searches.SelectMany(s => s.Hashes).ToHashSet();
        foreach (var (hash, callers) in _heard)
        {
            Forget(callers, now);
            if (callers.Count == 0 && !wanted.Contains(hash))
            {
                _heard.Remove(hash);
            }
        }

        // Still full: of torrents that are no longer looked for, any goes.
        if (_heard.Count >= MaxHashes && _heard.Keys.FirstOrDefault(h => !wanted.Contains(h)) is var gone && gone != default)
        {
            _heard.Remove(gone);
        }
    }

    private static void Forget(Dictionary<IPEndPoint, Instant> callers, Instant now)
    {
        foreach (var old in callers.Where(c => now - c.Value >= RememberMicros).Select(c => c.Key).ToArray())
        {
            callers.Remove(old);
        }
    }
}
