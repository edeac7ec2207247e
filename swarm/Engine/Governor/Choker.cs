using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// Who gets an upload slot. Pure: the caller says who is there and what they gave, each round; randomness is a seed in the
/// state. Slots go to those who give us most; what is left goes round among the others, viewers just behind our playhead
/// first, since what they want next is what we hold; one slot in eight is optimistic. Viewers of the same origin have slots of their own besides.
/// </summary>
/// <remarks>
/// In video on demand bytes flow from those ahead to those behind, so strict tit for tat starves newcomers: the slots of
/// peers that give nothing are shared by turns, not withheld.
/// </remarks>
public sealed class Choker(ulong seed)
{
    /// <summary>BEP 3: ten seconds make a round, long enough for TCP to reach its rate.</summary>
    public const long RoundMicros = 10_000_000;

    /// <summary>BEP 3: an optimistic unchoke lasts three rounds.</summary>
    private const int OptimisticRounds = 3;

    /// <summary>A peer that gives nothing keeps its slot for three rounds while others wait.</summary>
    private const long TurnMicros = OptimisticRounds * RoundMicros;

    /// <summary>Further behind than this a viewer needs other bytes than those we read now: a minute at 8 Mbit/s.</summary>
    private const long JustBehindBytes = 64L << 20;

    /// <summary>
    /// Kept for viewers of the same origin. One that is choked believes no claim of ours, for we give it nothing, and asks the origin for the same bytes: five among
    /// fifteen stock clients fetched 1.8 copies of the file for want of slots (tests/Lab, thirty-clients). As many as the smallest uplink serves of others.
    /// </summary>
    public const int ViewerSlots = 8;

    private readonly HashSet<int> _optimistic = [];
    private SplitMix64 _random = new(seed);
    private int _round;

    /// <summary>True if a peer that begins to want something may have a slot at once.</summary>
    /// <param name="unchoked">Who has one.</param>
    /// <param name="viewers">Of these, viewers of the same origin.</param>
    public static bool HasFreeSlot(int unchoked, int viewers, int slots, bool isViewer) =>
        (isViewer && viewers < ViewerSlots) || unchoked - Math.Min(viewers, ViewerSlots) < slots;

    /// <summary>One round: the slots are dealt anew. Only changes are returned.</summary>
    public IReadOnlyList<ChokeDraw> Round(IReadOnlyList<ChokeCandidate> candidates, int slots, Instant now)
    {
        var wanting = candidates.Where(c => c.IsInterested && !c.IsStuck).ToList();
        var reasons = new Dictionary<int, ChokeReason>();

        // By turns here too among those who give nothing: anybody may say that he is a viewer.
        foreach (var viewer in wanting.Where(static c => c.IsViewer)
            .OrderByDescending(static c => c.ReceivedBytes).ThenBy(c => TurnClass(c, now)).ThenBy(static c => c.IsUnchoked ? 0 : 1)
            .ThenBy(static c => c.Since).ThenBy(static c => c.Peer).Take(ViewerSlots))
        {
            reasons[viewer.Peer] = ChokeReason.Viewer;
        }

        wanting.RemoveAll(c => reasons.ContainsKey(c.Peer));
        var ofViewers = reasons.Count;
        var optimisticSlots = wanting.Count > slots ? Math.Max(1, slots / 8) : 0;
        var regularSlots = slots - optimisticSlots;

        foreach (var giver in wanting.Where(c => c.ReceivedBytes > 0).OrderByDescending(c => c.ReceivedBytes).ThenBy(c => c.Peer).Take(regularSlots))
        {
            reasons[giver.Peer] = ChokeReason.Reciprocity;
        }

        KeepOptimistic(wanting, reasons, optimisticSlots);
        var turns = wanting.Where(c => !reasons.ContainsKey(c.Peer))
            .OrderBy(c => TurnClass(c, now)).ThenBy(c => c.IsUnchoked ? 0 : 1).ThenBy(c => IsJustBehind(c) ? c.BehindBytes : long.MaxValue)
            .ThenBy(c => c.Since).ThenBy(c => c.Peer);
        foreach (var peer in turns.Take(slots - optimisticSlots - reasons.Count(r => r.Value == ChokeReason.Reciprocity)).ToList())
        {
            reasons[peer.Peer] = ChokeReason.Turn;
        }

        DrawOptimistic(wanting, reasons, slots + ofViewers - reasons.Count);
        _round++;

        var draws = new List<ChokeDraw>();
        foreach (var c in candidates)
        {
            var unchoke = reasons.TryGetValue(c.Peer, out var reason);
            if (unchoke != c.IsUnchoked)
            {
                draws.Add(new(c.Loop, c.Peer, unchoke, unchoke ? reason : c.IsInterested ? ChokeReason.Outbid : ChokeReason.Idle));
            }
        }

        return draws;
    }

    // Who waits for a turn comes before who had one.
    private static int TurnClass(in ChokeCandidate c, Instant now) => c.IsUnchoked && now - c.Since >= TurnMicros ? 1 : 0;

    private static bool IsJustBehind(in ChokeCandidate c) => c.BehindBytes is >= 0 and <= JustBehindBytes;

    private void KeepOptimistic(List<ChokeCandidate> wanting, Dictionary<int, ChokeReason> reasons, int slots)
    {
        if (_round % OptimisticRounds == 0)
        {
            _optimistic.Clear();
        }

        _optimistic.IntersectWith(wanting.Select(c => c.Peer));
        foreach (var peer in _optimistic.Order().Take(slots))
        {
            reasons.TryAdd(peer, ChokeReason.Optimistic);
        }
    }

    /// <summary>Viewers just behind us, the nearest more often; then anyone.</summary>
    private void DrawOptimistic(List<ChokeCandidate> wanting, Dictionary<int, ChokeReason> reasons, int slots)
    {
        var left = wanting.Where(c => !reasons.ContainsKey(c.Peer)).OrderBy(c => c.Peer).ToList();
        for (; slots > 0 && left.Count > 0; slots--)
        {
            var near = left.Where(c => IsJustBehind(c)).OrderBy(c => c.BehindBytes).ThenBy(c => c.Peer).ToList();
            var among = near.Count > 0 ? near : left;
            // The smaller of two draws: the nearest of many is drawn about twice as often as the mean.
            var drawn = among[near.Count > 0 ? Math.Min(_random.Next(among.Count), _random.Next(among.Count)) : _random.Next(among.Count)];
            reasons[drawn.Peer] = ChokeReason.Optimistic;
            _optimistic.Add(drawn.Peer);
            left.Remove(drawn);
        }
    }
}
