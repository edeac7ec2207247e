using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>The connections of a watch, filtered and in order, with their processes.</summary>
internal static class Subjects
{
    public static IReadOnlyList<string> Orders { get; } = ["rmem", "rcvbuf", "payload", "ratio", "reclaimable", "reads", "unread", "collapses", "stall"];

    /// <summary>The connections that match, the largest first.</summary>
    /// <param name="ownerOf">Whose a connection is, where that is known.</param>
    public static List<FilterSubject> Of(Analyser analyser, SocketFilter filter, string order, Func<SocketTrack, SocketOwner?> ownerOf)
    {
        var subjects = new List<FilterSubject>();
        foreach (var track in analyser.Sockets)
        {
            var subject = new FilterSubject(track, analyser.VerdictsOf(track.Current.Key), ownerOf(track));
            if (track.Current.Has(SocketFields.Memory) && filter.Matches(subject))
            {
                subjects.Add(subject);
            }
        }

        subjects.Sort((a, b) => Value(b.Track, order).CompareTo(Value(a.Track, order)));
        return subjects;
    }

    /// <summary>The same, with every process that can be found; expensive without the kernel's own list.</summary>
    public static List<FilterSubject> WithOwners(SocketWatch watch, SocketFilter filter, string order)
    {
        var inodes = watch.Analyser.Sockets.Where(s => s.Current.Inode > 0).Select(s => s.Current.Inode).ToHashSet();
        var owners = watch.OwnersOf(inodes);
        return Of(watch.Analyser, filter, order, t => owners.GetValueOrDefault(t.Current.Inode));
    }

    private static double Value(SocketTrack track, string order) => order switch
    {
        "rcvbuf" => track.Current.RcvbufBytes,
        "payload" => track.Current.PayloadBytes,
        "ratio" => track.BloatRatio ?? 0,
        "reclaimable" => track.ReclaimableBytes,
        "reads" => track.ReadBytesPerSecond ?? 0,
        "unread" => track.UnreadMicros,
        "collapses" => track.Trace?.Collapses ?? track.Collapses,
        "stall" => track.Trace?.CollapseNanos ?? 0,
        _ => track.Current.RmemAllocBytes,
    };
}
