namespace Swarm.Core;

/// <summary>The peer that got least goes first, its requests as they came: what stock clients do for each other.</summary>
public sealed class FairOrder : IUploadOrder
{
    public string Name => "fair";

    public bool KeepsArrival => true;

    public int Compare(in UploadRequest a, in UploadRequest b, Instant now)
    {
        var byShare = a.GivenBytes.CompareTo(b.GivenBytes);
        if (byShare != 0)
        {
            return byShare;
        }

        var byAge = a.ArrivedAt.Micros.CompareTo(b.ArrivedAt.Micros);
        return byAge != 0 ? byAge : a.Peer.CompareTo(b.Peer);
    }
}
