using Swarm.Core;
using Swarm.Engine;
using Swarm.Http;
using Swarm.Proxy.Origin;
using Swarm.Protocol;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// How a response finds its swarm: a torrent the user gave whose url-list is exactly this URL, or a Link of this very
/// answer on a host the user listed. Runs beside the body and never holds it up.
/// </summary>
internal sealed partial class SwarmJoin(SwarmEngine engine, MetafileFetcher metafiles, TimeProvider time, ILogger logger)
{
    /// <summary>Starts with the answer's headers; binds the tree whenever the metafile is here.</summary>
    public void Begin(ResourceHandle handle, ResourceReader reader, OriginAnswer answer, OriginTarget target)
    {
        var url = target.Url;
        if (engine.BoundByUrlList(url) is { } given)
        {
            // The user's own word: L5 whatever the scheme.
            Bind(handle, reader, given.Torrent.Metainfo, given.File, Authority.Tree, host: target.Authority);
            return;
        }

        if (!handle.Version.Shareable || !engine.Options.Joins(target.Host.Name))
        {
            return;
        }

        var links = MetafileLinks.Of(answer.Fields, answer.FinalUrl);
        if (links.Metafiles.Count > 0)
        {
            var cleartext = answer.ClearTextInChain || answer.FinalUrl.StartsWith("http:", StringComparison.OrdinalIgnoreCase);
            _ = FollowAsync(handle, reader, links.Metafiles[0], answer.FinalUrl, answer.Fields, cleartext ? Authority.CleartextTree : Authority.Tree, target);
        }
    }

    private async Task FollowAsync(
        ResourceHandle handle, ResourceReader reader, string metafileUrl, string finalUrl, HttpFields response, Authority authority, OriginTarget target)
    {
        try
        {
            if (authority == Authority.CleartextTree && ExecutableContent.Mark(response, finalUrl, []) != ExecutableMark.None)
            {
                LogNotJoined(logger, target.Authority, "scripts, pages and programs over cleartext http come from the origin alone");
                return;
            }

            var result = await metafiles.FetchAsync(finalUrl, metafileUrl);
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

            if (authority == Authority.CleartextTree && await HasExecutableMagicAsync(handle, reader, response, finalUrl))
            {
                LogNotJoined(logger, target.Authority, "its first bytes are those of a program, and the Link came over cleartext http");
                return;
            }

            engine.AddTorrent(metainfo, givenByUser: false);
            Bind(handle, reader, metainfo, file, authority, target.Authority);
        }
        catch (Exception e)
        {
            // Joining is a favour: whatever a hostile metafile provokes, the response goes on from its origin.
            LogJoinFailed(logger, target.Authority, e);
        }
    }

    private void Bind(ResourceHandle handle, ResourceReader reader, Metainfo metainfo, int file, Authority authority, string host)
    {
        if (engine.OfferTree(handle, metainfo, file, authority) is { } problem)
        {
            LogNotJoined(logger, host, problem);
            return;
        }

        reader.TreeAllowed = true;
        if (logger.IsEnabled(LogLevel.Information))
        {
            var infohash = metainfo.InfoHash.Id;
            var level = authority.Label();
            LogJoined(logger, host, infohash, level);
        }
    }

    /// <summary>The only file, or in a torrent of several the one of this length whose name ends the URL's path; the tree has the last word anyway.</summary>
    private static int FileFor(Metainfo metainfo, long length, string url)
    {
        var files = metainfo.Layout.Files;
        if (files.Length == 1)
        {
            return files[0].Length == length ? 0 : -1;
        }

        var path = url.Split('?', '#')[0];
        for (var i = 0; i < files.Length; i++)
        {
            if (files[i].Length == length && i < metainfo.Files.Length && path.EndsWith("/" + metainfo.Files[i].EscapedPath, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Looks at the first bytes once the origin has brought them; a response that does not start at byte 0 has none to look at.</summary>
    private async Task<bool> HasExecutableMagicAsync(ResourceHandle handle, ResourceReader reader, HttpFields response, string url)
    {
        var first = new byte[PieceLayout.BlockSize];
        for (var waited = 0; waited < 200; waited++)
        {
            if (handle.Content.PeekOrigin(0, first) is > 0 and var n)
            {
                return ExecutableContent.Mark(response, url, first.AsSpan(0, n)) != ExecutableMark.None;
            }

            if (reader.Range.Offset >= PieceLayout.BlockSize || reader.IsClosed)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25), time);
        }

        return false;
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Information, Message = "{Host}: joined swarm {Infohash} on {Authority}")]
    private static partial void LogJoined(ILogger logger, string host, string infohash, string authority);

    [LoggerMessage(EventId = 21, Level = LogLevel.Information, Message = "{Host}: no swarm, {Reason}")]
    private static partial void LogNotJoined(ILogger logger, string host, string reason);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message = "{Host}: joining failed")]
    private static partial void LogJoinFailed(ILogger logger, string host, Exception exception);
}
