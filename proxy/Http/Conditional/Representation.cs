namespace Swarm.Http;

/// <summary>What conditions and ranges are evaluated against: the selected representation (RFC 9110 §3.2) as far as they see it.</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="LastModified">Null if the resource has no modification date.</param>
/// <param name="Date">Date of the answer that brought the representation; makes <paramref name="LastModified"/> strong or not.</param>
public sealed record Representation(long Length, EntityTag? ETag = null, DateTimeOffset? LastModified = null, DateTimeOffset? Date = null)
{
    /// <summary>§8.8.2.2, by <see cref="StrongValidatorRule"/>.</summary>
    public bool LastModifiedIsStrong => StrongValidatorRule.DateIsStrong(LastModified, Date);

    /// <summary>Reads ETag, Last-Modified and Date of a response.</summary>
    public static Representation Of(long length, HttpFields response, DateTimeOffset now) => new(
        length,
        EntityTag.Parse(response.First("ETag")),
        HttpDate.Parse(response.First("Last-Modified"), now),
        HttpDate.Parse(response.First("Date"), now));
}
