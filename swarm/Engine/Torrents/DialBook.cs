using System.Net;
using Swarm.Core;
using Swarm.Discovery;

namespace Swarm.Engine;

/// <summary>
/// The addresses of one torrent's peers, and which of them to dial next: few attempts before many, a surer word before hearsay, then by BEP 40. Each
/// way to find peers has its own room, so that none can fill the book with addresses of its choice. Not thread-safe; touches nothing but itself.
/// </summary>
/// <param name="firstRetry">A failed address rests so long, then twice as long, up to 32 times.</param>
/// <param name="maxAttempts">An address that failed more often is given up.</param>
/// <param name="priority">BEP 40; any number is good while this node's own address is not known.</param>
internal sealed class DialBook(TimeSpan firstRetry, int maxAttempts, Func<IPEndPoint, uint> priority)
{
    /// <summary>What one peer names (BEP 11) that nobody has dialled yet: one message of 50.</summary>
    public const int MaxPerTeller = 50;

    private readonly Dictionary<IPEndPoint, DialCandidate> _known = [];
    private readonly Tally<FoundBy> _foundBy = new();

    /// <summary>Addresses that a source named and nobody has dialled.</summary>
    private readonly Tally<int> _untried = new();

    /// <summary>Given up, oldest first: whose places others take. Some have been confirmed since.</summary>
    private readonly Dictionary<FoundBy, Queue<DialCandidate>> _useless = [];

    public IEnumerable<DialCandidate> All => _known.Values;

    /// <summary>Addresses that one way to find peers may have in the book.</summary>
    public static int RoomOf(FoundBy by) => by switch
    {
        FoundBy.Given => 500, // the user's own list
        FoundBy.Tracker => 800, // several answers of 200
        FoundBy.Dht => 400,
        FoundBy.Pex => 300, // six tellers of 50
        FoundBy.Lsd => 100, // a local network
        _ => 200, // callers are at most 50 at once
    };

    public DialCandidate? Find(IPEndPoint endPoint) => _known.GetValueOrDefault(endPoint);

    /// <summary>Takes note of an address; false if there is no room for it, or it was known as well before.</summary>
    /// <param name="teller">The source that named it, 0 for none.</param>
    public bool Learn(IPEndPoint endPoint, FoundBy by, int teller = 0, bool isSeed = false, bool isReachable = false)
    {
        if (endPoint.Port == 0)
        {
            return false;
        }

        if (_known.TryGetValue(endPoint, out var known))
        {
            known.IsSeed = isSeed || known.IsSeed;
            return Confirm(known, by);
        }

        if ((teller != 0 && _untried.Of(teller) >= MaxPerTeller) || !HasRoom(by))
        {
            return false;
        }

        _known.Add(endPoint, new(endPoint, by, teller, priority(endPoint)) { IsSeed = isSeed, IsReachable = isReachable });
        _foundBy.Add(by);
        _untried.Add(teller);
        return true;
    }

    /// <summary>Whom to dial now; null for nobody.</summary>
    /// <param name="seedsToo">False once everything is here: two seeds have nothing to give each other.</param>
    public DialCandidate? Next(Instant now, bool seedsToo, Func<IPAddress, bool> isBanned)
    {
        DialCandidate? next = null;
        foreach (var candidate in _known.Values)
        {
            if (!candidate.IsBusy && !candidate.IsGivenUp && candidate.KeptBy == 0 && candidate.NotBefore <= now && (seedsToo || !candidate.IsSeed)
                && (next is null || candidate.Before(next)) && !isBanned(candidate.EndPoint.Address))
            {
                next = candidate;
            }
        }

        return next;
    }

    /// <summary>Lets a candidate rest, longer each time, or for good.</summary>
    public void Retire(DialCandidate candidate, Instant now, bool forGood)
    {
        candidate.IsBusy = false;
        candidate.Attempts++;
        if (!candidate.IsTried)
        {
            candidate.IsTried = true;
            _untried.Remove(candidate.Teller);
        }

        var wasGivenUp = candidate.IsGivenUp;
        candidate.IsGivenUp = forGood || candidate.Attempts > maxAttempts;
        candidate.NotBefore = now + ((long)firstRetry.TotalMicroseconds << Math.Min(5, candidate.Attempts - 1));
        if (candidate.IsGivenUp && !wasGivenUp)
        {
            NoteUseless(candidate);
        }
    }

    private void NoteUseless(DialCandidate candidate) =>
        (_useless.TryGetValue(candidate.By, out var queue) ? queue : _useless[candidate.By] = new()).Enqueue(candidate);

    private bool Confirm(DialCandidate known, FoundBy by)
    {
        var before = known.By;
        if (!known.IsSurer(by) || !HasRoom(by))
        {
            return false;
        }

        known.Confirm(by);
        _foundBy.Remove(before);
        _foundBy.Add(by);
        if (known.IsGivenUp)
        {
            NoteUseless(known); // it takes room of the surer way now, and is as useless there
        }

        return true;
    }

    /// <summary>Makes room of one that was given up, if need be.</summary>
    private bool HasRoom(FoundBy by)
    {
        if (_foundBy.Of(by) < RoomOf(by))
        {
            return true;
        }

        for (var left = _useless.GetValueOrDefault(by)?.Count ?? 0; left > 0; left--)
        {
            var candidate = _useless[by].Dequeue();
            if (!candidate.IsGivenUp || candidate.By != by || Find(candidate.EndPoint) != candidate)
            {
                continue; // confirmed since, or gone
            }

            if (candidate.IsBusy || candidate.KeptBy != 0)
            {
                _useless[by].Enqueue(candidate); // connected the other way round
                continue;
            }

            _known.Remove(candidate.EndPoint);
            _foundBy.Remove(by);
            return true;
        }

        return false;
    }
}
