namespace Swarm.Discovery;

/// <summary>
/// The trackers of a torrent (BEP 12): tiers in order, shuffled inside once. Within a tier the one that answered moves to the
/// front. Not thread-safe.
/// </summary>
public sealed class TrackerTiers
{
    private readonly List<List<Uri>> _tiers = [];

    /// <param name="tiers">Announce URLs; what is no URL of a tracker we speak to is left out, and a URL twice is kept once.</param>
    /// <param name="random">Shuffles each tier.</param>
    public TrackerTiers(IEnumerable<IEnumerable<string>> tiers, Random random)
    {
        var known = new HashSet<Uri>();
        foreach (var tier in tiers)
        {
            var urls = new List<Uri>();
            foreach (var text in tier)
            {
                if (Uri.TryCreate(text, UriKind.Absolute, out var url) && AnyTracker.Speaks(url) && known.Add(url))
                {
                    urls.Add(url);
                }
            }

            if (urls.Count > 0)
            {
                random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(urls));
                _tiers.Add(urls);
            }
        }
    }

    /// <summary>All trackers in the order in which they are to be tried now.</summary>
    public IReadOnlyList<Uri> InOrder => [.. _tiers.SelectMany(t => t)];

    public bool IsEmpty => _tiers.Count == 0;

    /// <summary>The tracker answered: first in its tier from now on.</summary>
    public void Answered(Uri url)
    {
        var tier = _tiers.Find(t => t.Contains(url));
        if (tier is not null && tier.Remove(url))
        {
            tier.Insert(0, url);
        }
    }
}
