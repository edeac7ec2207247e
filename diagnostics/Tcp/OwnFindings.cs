using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Tells when verdicts about a program's own connections come and go, and now and then what still holds.</summary>
/// <param name="connections">Asked only while something is wrong somewhere.</param>
/// <param name="tell">Gets each change.</param>
public sealed class OwnFindings(Func<OwnConnections> connections, Action<OwnFinding> tell)
{
    /// <summary>What listens may have begun since: the event log of a swarm that a connection joined when it was ill already.</summary>
    private const long AgainMicros = 10_000_000;

    private readonly Dictionary<SocketKey, OwnFinding> _told = [];
    private readonly HashSet<SocketKey> _sick = [];

    /// <summary>Looks, after a reading was judged.</summary>
    public void Look(Analyser analyser)
    {
        _sick.Clear();
        OwnConnections? own = null;
        foreach (var track in analyser.Sick)
        {
            own ??= connections();
            var key = track.Current.Key;
            if (own.LabelOf(track.Current) is { } label)
            {
                _sick.Add(key);
                Tell(key, new OwnFinding(label, track.Current, analyser.VerdictsOf(key)));
            }
        }

        if (_told.Count > _sick.Count)
        {
            foreach (var (key, before) in _told.Where(t => !_sick.Contains(t.Key)).ToList())
            {
                _told.Remove(key);
                tell(before with { Socket = analyser.TrackOf(key)?.Current ?? before.Socket, Verdicts = [], IsAgain = false });
            }
        }
    }

    private void Tell(in SocketKey key, OwnFinding finding)
    {
        var isAgain = _told.TryGetValue(key, out var before) && before.Bits == finding.Bits;
        if (!isAgain || finding.Socket.AtMicros - before!.Socket.AtMicros >= AgainMicros)
        {
            _told[key] = finding;
            tell(finding with { IsAgain = isAgain });
        }
    }
}
