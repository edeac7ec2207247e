using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The connections that are looked at between sweeps: those that hold much memory, the fullest first.</summary>
internal sealed class HotSet
{
    /// <summary>A look at one connection costs as much as a sweep over six: 13 µs (two system calls) against 2 µs.</summary>
    private const double LookMicros = 13;
    private const int SweepsPerLook = 6;

    private readonly List<SocketTrack> _members = [];

    public IReadOnlyList<SocketTrack> Members => _members;

    /// <summary>Chooses anew after a sweep.</summary>
    /// <param name="share">Of one core, for all looks together.</param>
    /// <param name="period">Between two looks.</param>
    public void Choose(Analyser analyser, double share, TimeSpan period)
    {
        _members.Clear();
        foreach (var socket in analyser.Sockets)
        {
            if (IsHot(socket))
            {
                _members.Add(socket);
            }
        }

        _members.Sort(static (a, b) => b.Current.RmemAllocBytes.CompareTo(a.Current.RmemAllocBytes));
        var affordable = (int)(share * period.TotalMicroseconds / LookMicros);
        if (_members.Count > affordable)
        {
            _members.RemoveRange(affordable, _members.Count - affordable);
        }

        if (_members.Count > analyser.SocketCount / SweepsPerLook)
        {
            _members.Clear();
        }
    }

    private static bool IsHot(SocketTrack socket)
    {
        ref readonly var s = ref socket.Current;
        return s.Has(SocketFields.Memory) && s.RmemAllocBytes >= Constants.WorthBytes
            && (s.RmemAllocBytes > s.RcvbufBytes / 2 || socket.UnreadMicros >= Constants.StalledMicros || s.RcvbufBytes > socket.Previous.RcvbufBytes);
    }
}
