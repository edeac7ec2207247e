namespace Swarm.Core;

/// <summary>
/// One immutable sequence of bytes that a URL has stood for. Every stored range belongs to exactly one; two versions are
/// never spliced. A value: headers and freshness live beside it.
/// </summary>
/// <param name="Url">The front URL, normalised: scheme, authority and raw path and query, as the client asked. Redirects do not change it.</param>
/// <param name="ContentCoding">The Content-Encoding of the stored bytes; <c>identity</c> when none.</param>
/// <param name="Validator">Null only for a torrent's own file, whose identity is its tree.</param>
/// <param name="Length">Bytes in the representation.</param>
/// <param name="Infohash">The tree that describes it, by its infohash; null when none is bound.</param>
/// <param name="Authority">What vouches for the bytes.</param>
/// <param name="Shareable">True if its share class allows its bytes to pass between peers.</param>
public sealed record ResourceVersion(
    string Url, string ContentCoding, StrongValidator? Validator, long Length, string? Infohash, Authority Authority, bool Shareable)
{
    /// <summary>True if both are the same bytes: trees and authority may come later and do not split a version.</summary>
    public bool SameBytes(ResourceVersion other) =>
        Url == other.Url && ContentCoding == other.ContentCoding && Equals(Validator, other.Validator) && Length == other.Length
        && (Validator is not null || Infohash == other.Infohash);

    /// <summary>The key under which the store keeps it.</summary>
    public string StoreKey => $"{Url}\n{ContentCoding}\n{Validator?.ETag}\n{Validator?.LastModified}\n{Length}\n{(Validator is null ? Infohash : null)}";
}
