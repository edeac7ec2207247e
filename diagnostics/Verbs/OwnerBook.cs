using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>The processes of connections, each asked for once: finding them costs far more than a sweep.</summary>
internal sealed class OwnerBook(SocketWatch watch)
{
    /// <summary>Closed connections that it may hold beside those there are, before it forgets them.</summary>
    private const int ClosedMax = 1000;

    private readonly Dictionary<uint, SocketOwner?> _known = [];

    internal int Count => _known.Count;

    public SocketOwner? Of(SocketTrack track) => _known.GetValueOrDefault(track.Current.Inode);

    /// <summary>Finds the processes of those not asked for before; the ones found now.</summary>
    public IReadOnlyList<SocketTrack> Learn(IEnumerable<SocketTrack> tracks)
    {
        var unknown = tracks.Where(t => t.Current.Inode > 0 && !_known.ContainsKey(t.Current.Inode)).ToList();
        if (unknown.Count == 0)
        {
            return [];
        }

        var owners = watch.OwnersOf(unknown.Select(t => t.Current.Inode).ToHashSet());
        foreach (var track in unknown)
        {
            _known[track.Current.Inode] = owners.GetValueOrDefault(track.Current.Inode);
        }

        if (_known.Count > watch.Analyser.SocketCount + ClosedMax)
        {
            ForgetTheClosed();
        }

        return [.. unknown.Where(t => Of(t) is not null)];
    }

    private void ForgetTheClosed()
    {
        var open = watch.Analyser.Sockets.Select(static s => s.Current.Inode).ToHashSet();
        foreach (var inode in _known.Keys.Where(i => !open.Contains(i)).ToList())
        {
            _known.Remove(inode);
        }
    }
}
