using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Swarm.Http;

namespace Swarm.Proxy.Front;

/// <summary>An entry as a line: the combined format that log tools know, or JSON. A client cannot forge a second line or field.</summary>
public static class AccessText
{
    /// <summary>A request target without user information or the gateway's capability, and without the query where that is itself the key.</summary>
    public static string Shown(string target)
    {
        if (target.StartsWith("/gateway/~", StringComparison.Ordinal))
        {
            var rest = target.IndexOf('/', "/gateway/~".Length);
            return "/gateway/~..." + (rest < 0 ? "" : Shown(target[rest..]));
        }

        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : scheme + 3;
        var slash = target.IndexOfAny(['/', '?', '#'], start);
        var end = slash < 0 ? target.Length : slash;
        var at = end > start ? target.LastIndexOf('@', end - 1, end - start) : -1;
        var signed = SignedQuery.IsSigned(target);
        var shown = at < 0 ? target : target[..start] + target[(at + 1)..];
        var question = shown.IndexOf('?', StringComparison.Ordinal);
        return signed && question >= 0 ? shown[..question] + "?..." : shown;
    }

    public static string Combined(in AccessEntry e) => string.Create(CultureInfo.InvariantCulture,
        $"{e.Client?.ToString() ?? "-"} - {Word(e.User)} [{e.At.UtcDateTime:dd/MMM/yyyy:HH:mm:ss} +0000] \"{Quoted(e.Method)} {Quoted(e.Target)} {Quoted(e.Protocol)}\" {e.Status} {e.Bytes} \"{Quoted(e.Referer)}\" \"{Quoted(e.UserAgent)}\"");

    public static string Json(in AccessEntry e)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", e.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("client", e.Client?.ToString());
            Optional(json, "user", e.User);
            json.WriteString("method", e.Method);
            json.WriteString("target", e.Target);
            json.WriteString("protocol", e.Protocol);
            json.WriteNumber("status", e.Status);
            json.WriteNumber("bytes", e.Bytes);
            json.WriteNumber("duration_ms", Math.Round(e.Duration.TotalMilliseconds, 3));
            Optional(json, "cache_status", e.CacheStatus);
            Optional(json, "referer", e.Referer);
            Optional(json, "user_agent", e.UserAgent);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, value);
        }
    }

    private static string Word(string? text) => string.IsNullOrEmpty(text) ? "-" : Quoted(text).Replace(" ", "\\x20", StringComparison.Ordinal);

    /// <summary>As nginx and Apache escape: quotes, backslashes and everything outside printable ASCII as <c>\xHH</c>.</summary>
    private static string Quoted(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "-";
        }

        var safe = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            _ = b is >= 0x20 and < 0x7f and not ((byte)'"' or (byte)'\\') ? safe.Append((char)b) : safe.Append(CultureInfo.InvariantCulture, $"\\x{b:X2}");
        }

        return safe.ToString();
    }
}
