using System.Text.Json;

namespace Swarm.Lab.Tools;

/// <summary>The node's access log as the witness that a tool came through it.</summary>
public static class ProxyLog
{
    /// <summary>The bodies of the site's that the proxy sent; none where nothing is logged yet.</summary>
    /// <param name="log">The file, as JSON lines.</param>
    /// <param name="site">How the targets begin.</param>
    public static IReadOnlyList<(string Target, long Bytes)> Answered(string log, string site)
    {
        if (!File.Exists(log))
        {
            return [];
        }

        using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n')[..^1].Select(l => JsonDocument.Parse(l).RootElement)
            .Where(e => e.GetProperty("method").GetString() == "GET" && e.GetProperty("target").GetString()!.StartsWith(site, StringComparison.Ordinal) && e.GetProperty("status").GetInt32() is 200 or 206)
            .Select(e => (e.GetProperty("target").GetString()!, e.GetProperty("bytes").GetInt64()))];
    }
}
