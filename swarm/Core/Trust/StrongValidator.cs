namespace Swarm.Core;

/// <summary>
/// What makes two answers the same bytes (RFC 9110 §8.8.3): a strong ETag, or a Last-Modified date that is strong by
/// §8.8.2.2. A weak validator is never one of these.
/// </summary>
/// <param name="ETag">The opaque-tag with its quotes, e.g. <c>"abc"</c>; null when the date stands in.</param>
/// <param name="LastModified">The date as the origin sent it; compared byte for byte.</param>
public sealed record StrongValidator(string? ETag, string? LastModified)
{
    public override string ToString() => ETag ?? LastModified ?? "none";
}
