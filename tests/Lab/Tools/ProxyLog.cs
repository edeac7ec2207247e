using System.Text.Json;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Tools;

/// <summary>The node's access log as the witness that a tool came through it.</summary>
public static class ProxyLog
{
    /// <summary>The log is written beside the answers, so that a tool may be done before its line is there.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Waits until the proxy has sent more of the site's bodies than <paramref name="before"/>.</summary>
    /// <returns>How much more; 0 where nothing came in time.</returns>
    public static async Task<long> MoreAsync(string log, string site, long before, CancellationToken stop)
    {
        long bytes = 0;
        await Poll.UntilAsync(_ => Task.FromResult((bytes = Bytes(log, site) - before) > 0), Limit, stop);
        return bytes;
    }

    public static long Bytes(string log, string site) => Answered(log, site).Sum(static r => r.Bytes);

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
