namespace Swarm.Core;

/// <summary>
/// Which of the requests that wait is served next. A policy is a name and a comparison; it sees requests of all swarms and
/// peers that are unchoked, and never decides who is.
/// </summary>
public interface IUploadOrder
{
    /// <summary>Found by it in <see cref="UploadOrders"/>.</summary>
    string Name { get; }

    /// <summary>
    /// True if requests of one peer are served as they came: then only the oldest of each peer are compared. False compares all.
    /// </summary>
    bool KeepsArrival { get; }

    /// <summary>Below zero if <paramref name="a"/> goes first. A total order for equal <paramref name="now"/>.</summary>
    int Compare(in UploadRequest a, in UploadRequest b, Instant now);
}
