namespace Swarm.Http;

/// <summary>Asking the origin whether a stored answer still holds (RFC 9111 §4.3), and what its answer changes.</summary>
public static class Validation
{
    public static bool HasValidator(HttpFields stored) => EntityTag.Parse(stored.First("ETag")) is not null || stored.Has("Last-Modified");

    /// <summary>The client's request with the stored validators in place of its own conditions (§4.3.1). Selecting fields stay: they are the client's.</summary>
    public static HttpFields Request(HttpFields request, HttpFields stored)
    {
        var fields = request.Where(static f =>
            !f.Name.Equals("If-None-Match", StringComparison.OrdinalIgnoreCase) && !f.Name.Equals("If-Modified-Since", StringComparison.OrdinalIgnoreCase));
        if (stored.First("ETag") is { } tag && EntityTag.Parse(tag) is not null)
        {
            fields.Add("If-None-Match", tag);
        }

        if (stored.First("Last-Modified") is { } modified)
        {
            fields.Add("If-Modified-Since", modified);
        }

        return fields;
    }

    /// <summary>
    /// True if a 304 is about this stored answer (§4.3.4): a strong tag must be the stored one, a weak one must match it, a date must be
    /// the stored date. A 304 without any validator is taken at its word: one answer was named in the question.
    /// </summary>
    public static bool Confirms(HttpFields stored, HttpFields notModified)
    {
        if (EntityTag.Parse(notModified.First("ETag")) is { } tag)
        {
            return EntityTag.Parse(stored.First("ETag")) is { } own && (tag.IsWeak ? tag.WeakEquals(own) : tag.StrongEquals(own));
        }

        return notModified.First("Last-Modified") is not { } modified || modified == stored.First("Last-Modified");
    }

    /// <summary>True if a 200 to HEAD describes the stored answer (§4.3.5); otherwise that one is out of date.</summary>
    public static bool Describes(HttpFields stored, long? storedLength, HttpFields head) =>
        Agree("ETag", stored, head) && Agree("Last-Modified", stored, head)
        && (storedLength is null || head.First("Content-Length") is not { } text || (Syntax.TryExactNumber(text, out var length) && length == storedLength));

    /// <summary>The stored answer with the fields of a newer head in place of its own (§3.2). The length stays what it is.</summary>
    public static StoredHead Freshen(StoredHead stored, HttpFields newer, StoredTimes times)
    {
        var update = HopByHop.Remove(newer);
        update.Remove("Content-Length");
        if (stored.Status == 206 || stored.Fields.Has("Content-Range"))
        {
            update.Remove("Content-Range");
        }

        var replaced = new HashSet<string>(update.Select(f => f.Name), StringComparer.OrdinalIgnoreCase) { "Age" };
        var fields = stored.Fields.Where(f => !replaced.Contains(f.Name));
        foreach (var field in update)
        {
            fields.Add(field.Name, field.Value);
        }

        if (HttpDate.Parse(update.First("Date"), times.ReceivedAt) is null)
        {
            fields.Set("Date", HttpDate.Format(times.ReceivedAt));
        }

        return stored.With(fields, times);
    }

    private static bool Agree(string name, HttpFields stored, HttpFields head) => head.First(name) is not { } value || value == stored.First(name);
}
