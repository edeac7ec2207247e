namespace Swarm.Core;

/// <summary>
/// Who said where its reader is goes first, by <see cref="UploadOrder"/>: what it needs soon, and of that what only we can give. Among those who
/// said nothing, and where nothing is due, it is fair. A viewer that stalls has no use of its share a second later.
/// </summary>
public sealed class DeadlineOrder : IUploadOrder
{
    private static readonly FairOrder Fair = new();

    public string Name => "deadline";

    public bool KeepsArrival => false;

    public int Compare(in UploadRequest a, in UploadRequest b, Instant now)
    {
        var said = (a.Deadline != Instant.Never).CompareTo(b.Deadline != Instant.Never);
        if (said != 0)
        {
            return -said;
        }

        if (a.Deadline != Instant.Never)
        {
            var byRank = UploadOrder.Rank(a.Deadline - now, a.Holders + a.Sends).CompareTo(UploadOrder.Rank(b.Deadline - now, b.Holders + b.Sends));
            if (byRank != 0)
            {
                return byRank;
            }
        }

        return Fair.Compare(a, b, now);
    }
}
