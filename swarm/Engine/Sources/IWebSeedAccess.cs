using Swarm.Core;

namespace Swarm.Engine;

/// <summary>The way to web seeds (BEP 19): one bounded range of one file, without anybody's credentials, under the rules of every other dial.</summary>
public interface IWebSeedAccess
{
    /// <summary>Asks for the range. An answer may bring less than was asked for, from its start on; never other bytes.</summary>
    ValueTask<WebSeedFetch> FetchAsync(WebSeedRequest request, CancellationToken cancel);
}

/// <summary>What is asked of a web seed.</summary>
/// <param name="FileLength">What the torrent says: a file of another length is another file.</param>
/// <param name="HttpsOnly">What is read came by https: cleartext on the way would tell who reads it.</param>
public readonly record struct WebSeedRequest(string Url, ByteRange Range, long FileLength, bool HttpsOnly);

/// <summary>An open body, or why there is none.</summary>
/// <param name="FinalUrl">Who answered in the end, redirects followed.</param>
public readonly record struct WebSeedFetch(IOriginBody? Body, FetchError? Error, string FinalUrl)
{
    public static implicit operator WebSeedFetch(FetchError error) => new(null, error, "");
}
