namespace Swarm.Http;

/// <summary>
/// An If-Range value (RFC 9110 §13.1.5). Anything but one entity tag or one HTTP-date is a condition that is false: the whole
/// representation is then sent, never a slice of another one.
/// </summary>
public readonly record struct IfRange(EntityTag? Tag, DateTimeOffset? Date)
{
    /// <summary>Null only if the field is absent.</summary>
    public static IfRange? Parse(string? value, DateTimeOffset now) => value is null
        ? null
        : new IfRange(EntityTag.Parse(value), HttpDate.Parse(value, now));

    /// <summary>True only by strong comparison, or by the exact date where that date is a strong validator.</summary>
    public bool Holds(Representation current)
    {
        if (Tag is { } tag)
        {
            return current.ETag is { } currentTag && tag.StrongEquals(currentTag);
        }

        return Date is { } date && current.LastModifiedIsStrong && date == current.LastModified;
    }
}
