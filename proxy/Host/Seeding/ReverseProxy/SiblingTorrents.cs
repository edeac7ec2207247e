using Swarm.Engine;
using Swarm.Http;
using Swarm.Protocol;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// The torrents that other seeding nodes of the site have made: a node that is asked for a file which one of them knows in this very version takes
/// part in its swarm, and spares the origin what the others have. They are named by the site's owner, as the origin is.
/// </summary>
/// <remarks>Any thread.</remarks>
internal sealed class SiblingTorrents(OriginPlan plan, OriginSite site, IOriginConnection way, TimeProvider time)
{
    /// <summary>As for a metafile that a Link names.</summary>
    private const int MaxBytes = 16 << 20;

    /// <summary>All of them together: the origin's answer goes on meanwhile.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The torrent of a version at the first sibling that has one; null if none does. Never throws.</summary>
    public async Task<SiblingTorrent?> FindAsync(ResourceHandle handle, OriginTarget target)
    {
        if (!site.MayPublish(target, handle))
        {
            return null;
        }

        using var patience = new CancellationTokenSource(Limit, time);
        foreach (var sibling in plan.Siblings)
        {
            try
            {
                if (await LinkAtAsync(sibling, handle, target, patience.Token) is { } link && await LoadAsync(link, patience.Token) is { } bytes
                    && Metainfo.TryParse(bytes, out var torrent, out _) && torrent.IsSingleFile && torrent.TotalLength == handle.Version.Length)
                {
                    return new(torrent, bytes);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // It broke off, or takes too long: the origin has the file.
            }
        }

        return null;
    }

    /// <summary>The version is bound to the sibling's torrent now: this node gives it too.</summary>
    public void Take(OriginTarget target, ResourceHandle handle, SiblingTorrent found) => site.TakeOver(target, handle, found);

    /// <summary>Where the torrent is, by the sibling's own answer for the file; null unless that names the same version.</summary>
    private async Task<OriginTarget?> LinkAtAsync(OriginTarget sibling, ResourceHandle handle, OriginTarget target, CancellationToken cancellation)
    {
        var at = new OriginTarget(sibling.Scheme, sibling.Host, sibling.Port, target.PathAndQuery, target.Form);
        var result = await way.SendAsync(new("HEAD", at, []), cancellation);
        if (!result.IsAnswer)
        {
            return null;
        }

        using var answer = result.Answer;
        // Where a date alone pins the version the sibling adds a tag of its own.
        var fields = handle.Version.Validator?.ETag is null ? answer.Fields.Where(static f => !f.Name.Equals("ETag", StringComparison.OrdinalIgnoreCase)) : answer.Fields;
        return answer.Status == 200 && VersionMatch.Compare(handle.Version, fields, answer.ContentLength) == VersionDifference.None
            && MetafileLinks.Of(answer.Fields, at.Url).Metafiles is [var link, ..]
            && OriginTarget.TryParse(link, TargetForm.AbsoluteForm, out var torrent) && torrent.SameOrigin(sibling)
                ? torrent
                : null;
    }

    private async Task<byte[]?> LoadAsync(OriginTarget torrent, CancellationToken cancellation)
    {
        var result = await way.SendAsync(new("GET", torrent, []), cancellation);
        if (!result.IsAnswer)
        {
            return null;
        }

        using var answer = result.Answer;
        if (answer.Status != 200 || answer.ContentLength is not (> 0 and <= MaxBytes and var length))
        {
            return null;
        }

        var bytes = new byte[length];
        await answer.Body.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}

/// <summary>A torrent as another seeding node gives it.</summary>
internal sealed record SiblingTorrent(Metainfo Torrent, byte[] Metafile);
