using Swarm.Core;
using Swarm.Engine;
using Swarm.Http;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Seeding;
using Swarm.Protocol;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// How a response finds its swarm: a torrent the user gave whose url-list is exactly this URL, or a Link of this very
/// answer, or of the redirect that led its client here, on a host the user listed. Runs beside the body, which waits after its head while the metafile is on its way, a second at the most.
/// </summary>
internal sealed partial class SwarmJoin(SwarmEngine engine, MetafileFetcher metafiles, TimeProvider time, ILogger logger)
{
    /// <summary>From the metafile to the first viewer met; a tracker and a peer answer within two round trips each.</summary>
    private static readonly TimeSpan MeetLimit = TimeSpan.FromMilliseconds(400);

    /// <summary>For a look at the first bytes that no response brings.</summary>
    private static readonly TimeSpan FirstBytesLimit = TimeSpan.FromSeconds(5);

    private readonly RedirectLinks _redirects = new(time);

    /// <summary>The other seeding nodes of the site that this node stands before; null for none.</summary>
    public SiblingTorrents? Siblings { get; init; }

    /// <summary>
    /// How a response stands to the tree that the version is bound to. A tree over cleartext is for responses whose own
    /// permission answer carried its Link, and never for what runs.
    /// </summary>
    public TreeStanding StandingOf(ResourceHandle handle, OriginAnswer answer, OriginTarget target, string client)
    {
        if (handle.Version.Authority != Authority.CleartextTree || engine.BoundByUrlList(target.Url) is not null)
        {
            return TreeStanding.Open;
        }

        return handle.TreeUrl is { } tree && LinksOf(answer, target, client).Metafiles.Contains(tree) && !IsProgram(answer.Fields, answer.FinalUrl, target, [])
            ? TreeStanding.Covered
            : TreeStanding.Apart;
    }

    /// <summary>An answer that leads its client elsewhere: what it links to counts there, once the origin there has let the client in.</summary>
    public void OnAnswer(string client, OriginTarget target, OriginAnswer answer) => _redirects.Note(client, target, answer);

    /// <summary>Starts with the answer's headers; binds the tree whenever the metafile is here.</summary>
    /// <param name="origin">The response's own way to its origin.</param>
    public void Begin(ResourceHandle handle, ResourceReader reader, IOriginAccess origin, OriginAnswer answer, OriginTarget target, string credentials, string client)
    {
        var url = target.Url;
        handle.NoteOrigin(answer.FinalUrl);
        if (engine.BoundByUrlList(url) is { } given)
        {
            // The user's own word: L5 whatever the scheme.
            if (Bind(handle, reader, given.Torrent.Metainfo, given.File, Authority.Tree, target.Authority, credentials))
            {
                engine.OfferMirrors(handle, LinksOf(answer, target, client).Duplicates);
            }

            return;
        }

        if (StandingOf(handle, answer, target, client) == TreeStanding.Covered)
        {
            reader.TreeAllowed = true;
            handle.Link(credentials, handle.Version.Infohash!);
            engine.OfferMirrors(handle, LinksOf(answer, target, client).Duplicates);
            return;
        }

        if (!handle.Version.Shareable)
        {
            return;
        }

        if (Siblings is { } siblings)
        {
            // The origin's own Links go on to the visitors: this site's torrents are made here.
            _ = handle.Version.Infohash is null ? FollowAsync(siblings, handle, reader, target, credentials) : Task.CompletedTask;
            return;
        }

        var redirect = RedirectOf(answer, target, client);
        var links = redirect?.Links ?? MetafileLinks.Of(answer.Fields, answer.FinalUrl);
        if (links.Metafiles.Count > 0 && engine.Options.Joins(redirect?.Host ?? target.Host.Name))
        {
            // Who redirects vouches for the answer of the client that followed, and for no other: as a tree over cleartext does.
            var bounded = redirect is not null || answer.ClearTextInChain || answer.FinalUrl.StartsWith("http:", StringComparison.OrdinalIgnoreCase);
            var link = new FollowedLink(links.Metafiles[0], redirect?.Url ?? answer.FinalUrl, links.Duplicates);
            _ = FollowAsync(handle, reader, origin, link, answer.FinalUrl, answer.Fields, bounded ? Authority.CleartextTree : Authority.Tree, target, credentials);
        }
    }

    /// <param name="MetafileUrl">Where it points.</param>
    /// <param name="SourceUrl">The URL whose answer carried it.</param>
    /// <param name="Mirrors">What else that answer said about the file.</param>
    private readonly record struct FollowedLink(string MetafileUrl, string SourceUrl, IReadOnlyList<string> Mirrors);

    private MetafileLinks LinksOf(OriginAnswer answer, OriginTarget target, string client) =>
        RedirectOf(answer, target, client)?.Links ?? MetafileLinks.Of(answer.Fields, answer.FinalUrl);

    /// <summary>The redirect that led here; null where the answer speaks for itself.</summary>
    private RedirectLink? RedirectOf(OriginAnswer answer, OriginTarget target, string client) =>
        MetafileLinks.Of(answer.Fields, answer.FinalUrl).Metafiles.Count > 0 ? null : _redirects.Find(client, target.Url);

    private async Task FollowAsync(
        ResourceHandle handle, ResourceReader reader, IOriginAccess origin, FollowedLink link, string finalUrl, HttpFields response, Authority authority, OriginTarget target,
        string credentials)
    {
        try
        {
            if (authority == Authority.CleartextTree && IsProgram(response, finalUrl, target, []))
            {
                LogNotJoined(logger, target.Authority, "scripts, pages and programs over cleartext http come from the origin alone");
                return;
            }

            reader.YieldLine();
            var result = await metafiles.FetchAsync(link.SourceUrl, link.MetafileUrl);
            if (result.Metainfo is not { } metainfo)
            {
                LogNotJoined(logger, target.Authority, result.Problem ?? "");
                return;
            }

            var file = FileFor(metainfo, handle.Version.Length, finalUrl);
            if (file < 0)
            {
                LogNotJoined(logger, target.Authority, "no file of the linked torrent has this length and name");
                return;
            }

            if (authority == Authority.CleartextTree && await MayBeProgramAsync(handle, reader, origin, response, finalUrl, target))
            {
                LogNotJoined(logger, target.Authority, "its first bytes are those of a program or could not be looked at, and the Link came over cleartext http");
                return;
            }

            engine.AddTorrent(metainfo, givenByUser: false);
            if (Bind(handle, reader, metainfo, file, authority, target.Authority, credentials))
            {
                handle.TreeUrl ??= link.MetafileUrl;
                engine.OfferMirrors(handle, link.Mirrors);
                await Task.WhenAny(engine.MeetAsync(handle), Task.Delay(MeetLimit, time));
            }
        }
        catch (Exception e)
        {
            // Joining is a favour: whatever a hostile metafile provokes, the response goes on from its origin.
            LogJoinFailed(logger, target.Authority, e);
        }
        finally
        {
            reader.TakeLine();
        }
    }

    private async Task FollowAsync(SiblingTorrents siblings, ResourceHandle handle, ResourceReader reader, OriginTarget target, string credentials)
    {
        try
        {
            reader.YieldLine();
            if (await siblings.FindAsync(handle, target) is { } found && Bind(handle, reader, found.Torrent, 0, Authority.Tree, target.Authority, credentials))
            {
                siblings.Take(target, handle, found);
            }
        }
        catch (Exception e)
        {
            LogJoinFailed(logger, target.Authority, e);
        }
        finally
        {
            reader.TakeLine();
        }
    }

    private bool Bind(ResourceHandle handle, ResourceReader reader, Metainfo metainfo, int file, Authority authority, string host, string credentials)
    {
        if (engine.OfferTree(handle, metainfo, file, authority) is { } problem)
        {
            LogNotJoined(logger, host, problem);
            return false;
        }

        reader.TreeAllowed = true;
        handle.Link(credentials, metainfo.InfoHash.Id);
        if (logger.IsEnabled(LogLevel.Information))
        {
            var infohash = metainfo.InfoHash.Id;
            var level = authority.Label();
            LogJoined(logger, host, infohash, level);
        }

        return true;
    }

    /// <summary>The only file, or in a torrent of several the one of this length whose name ends the URL's path; the tree has the last word anyway.</summary>
    private static int FileFor(Metainfo metainfo, long length, string url)
    {
        var files = metainfo.Files;
        if (files.Length == 1)
        {
            return files[0].Length == length ? 0 : -1;
        }

        var path = url.Split('?', '#')[0];
        for (var i = 0; i < files.Length; i++)
        {
            if (files[i].Length == length && path.EndsWith("/" + files[i].EscapedPath, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsProgram(HttpFields response, string finalUrl, OriginTarget target, ReadOnlySpan<byte> firstUnit) =>
        ExecutableContent.Mark(response, finalUrl, firstUnit) != ExecutableMark.None
        || ExecutableContent.Mark(response, target.Url, []) != ExecutableMark.None;

    /// <summary>
    /// Looks at the first bytes once the origin has brought them; for a response that brings none of them they are asked for by themselves. True
    /// also where none came in time: what was not seen is not trusted.
    /// </summary>
    private async Task<bool> MayBeProgramAsync(ResourceHandle handle, ResourceReader reader, IOriginAccess origin, HttpFields response, string finalUrl, OriginTarget target)
    {
        var first = new byte[PieceLayout.BlockSize];
        var n = handle.Content.PeekOrigin(0, first);
        if (n == 0 && reader.Range.Offset > 0)
        {
            n = await FetchFirstAsync(origin, first.AsMemory(0, handle.Content.BlockBytes(0)));
        }

        while (n == 0 && reader.Range.Offset == 0 && !reader.IsClosed)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(25), time);
            n = handle.Content.PeekOrigin(0, first);
        }

        return n == 0 || IsProgram(response, finalUrl, target, first.AsSpan(0, n));
    }

    /// <summary>The first bytes of the very version that the response is of. The whole of what was asked for, or 0: the start of a mark could lie in what is missing.</summary>
    private async Task<int> FetchFirstAsync(IOriginAccess origin, Memory<byte> first)
    {
        using var patience = new CancellationTokenSource(FirstBytesLimit, time);
        try
        {
            if ((await origin.FetchAsync(new(0, first.Length), patience.Token)).Body is not { } body)
            {
                return 0;
            }

            try
            {
                var got = 0;
                while (got < first.Length)
                {
                    var n = await body.ReadAsync(first[got..], patience.Token);
                    if (n == 0)
                    {
                        return 0;
                    }

                    got += n;
                }

                return got;
            }
            finally
            {
                body.Abort();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return 0;
        }
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Information, Message = "{Host}: joined swarm {Infohash} on {Authority}")]
    private static partial void LogJoined(ILogger logger, string host, string infohash, string authority);

    [LoggerMessage(EventId = 21, Level = LogLevel.Information, Message = "{Host}: no swarm, {Reason}")]
    private static partial void LogNotJoined(ILogger logger, string host, string reason);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message = "{Host}: joining failed")]
    private static partial void LogJoinFailed(ILogger logger, string host, Exception exception);
}
