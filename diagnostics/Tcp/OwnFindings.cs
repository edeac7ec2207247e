using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Tells when verdicts about a program's own connections come and go, and now and then what still holds.</summary>
/// <remarks>
/// Connections of one label are told as one, by the worst of them and all their verdicts, and not more often than once a second: a thousand connections
/// to an origin that stand still together are one line in the log of each swarm that it serves, not a thousand, and well again when all of them are.
/// </remarks>
/// <param name="connections">Asked only while something is wrong somewhere.</param>
/// <param name="tell">Gets each change.</param>
public sealed class OwnFindings(Func<OwnConnections> connections, Action<OwnFinding> tell)
{
    /// <summary>What listens may have begun since: the event log of a swarm that a connection joined when it was ill already.</summary>
    private const long AgainMicros = 10_000_000;

    /// <summary>Between two changes of what is told of one label.</summary>
    private const long ChangeMicros = 1_000_000;

    private readonly Dictionary<Party, OwnFinding> _told = [];
    private readonly Dictionary<Party, OwnFinding> _sick = [];

    /// <summary>Looks, after a reading was judged.</summary>
    public void Look(Analyser analyser)
    {
        _sick.Clear();
        OwnConnections? own = null;
        foreach (var track in analyser.Sick)
        {
            own ??= connections();
            if (own.LabelOf(track.Current) is { } label)
            {
                var finding = new OwnFinding(label, track.Current, analyser.VerdictsOf(track.Current.Key));
                var party = Party.Of(finding);
                _sick[party] = _sick.TryGetValue(party, out var other) ? finding.With(other) : finding;
            }
        }

        var now = analyser.Host.Current.AtMicros;
        foreach (var (party, finding) in _sick)
        {
            Tell(party, finding, now);
        }

        if (_told.Count > _sick.Count)
        {
            foreach (var (party, before) in _told.Where(t => !_sick.ContainsKey(t.Key) && now - t.Value.ToldMicros >= ChangeMicros).ToList())
            {
                _told.Remove(party);
                tell(before with { Socket = analyser.TrackOf(before.Socket.Key)?.Current ?? before.Socket, Verdicts = [], IsAgain = false });
            }
        }
    }

    private void Tell(in Party party, OwnFinding finding, long now)
    {
        var isKnown = _told.TryGetValue(party, out var before);
        var isAgain = isKnown && before!.Bits == finding.Bits;
        if (!isKnown || now - before!.ToldMicros >= (isAgain ? AgainMicros : ChangeMicros))
        {
            finding = finding with { IsAgain = isAgain, ToldMicros = now };
            _told[party] = finding;
            tell(finding);
        }
    }

    /// <summary>Whom a finding is about: what a label names; of peers, whose label is their swarm, each for itself.</summary>
    private readonly record struct Party(SocketLabel Label, SocketEnd Peer)
    {
        public static Party Of(OwnFinding finding) => new(finding.Label, finding.Label.Role == SocketLabel.Peer ? finding.Socket.Remote.Unmapped() : default);
    }
}
