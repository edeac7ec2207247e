using System.Globalization;
using System.Text.Json;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// The Grafana dashboard that ships, without Grafana: Debian's Prometheus scrapes a node that downloads from its origin and a peer, and each query
/// of each panel is put to it, with the variables filled in as Grafana would.
/// </summary>
public sealed class GrafanaScenario : IScenario
{
    private const double BytesPerSecond = 1_000_000;
    private const int FilmBytes = 6_000_000;

    /// <summary>Scrapes a rate wants within its window, and a few more.</summary>
    private const int ScrapesWanted = 4;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public string Name => "grafana";

    public string Holds => "Prometheus scrapes the node, and every query of the Grafana dashboard finds data in what it scraped";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Prometheus];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", FilmBytes, 2, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond, stop);
        await site.AddSeedAsync(BytesPerSecond * 2, stop);
        await site.WaitForPeersAsync(1, stop);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);
        using var client = new HttpClient();
        var prometheus = await StartPrometheusAsync(bench, node.Control, client, stop);

        var got = await Download.GetAsync(site.Url, node.Proxy, stop);
        report.Equal("bytes of the film", got.Body.Length, FilmBytes);
        report.Exchanged(Tool.Libtorrent, "a seed sent", site.SeedsUploadedBytes);
        if (!await Poll.UntilAsync(async cancel => await ValueAsync(client, prometheus, "count_over_time(swarmstream_stalls_total[10m])", cancel) >= ScrapesWanted, StartLimit, stop))
        {
            throw new LabException("Prometheus did not scrape the node");
        }

        report.Exchanged(Tool.Prometheus, "sees received", (long)(await ValueAsync(client, prometheus, "sum(swarmstream_received_bytes_total)", stop) ?? 0));
        using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "diagnostics", "docs", "grafana.json"), stop));
        foreach (var (title, query) in Queries(dashboard.RootElement))
        {
            var value = await ValueAsync(client, prometheus, query, stop);
            report.True($"{title}: data", value is not null, value?.ToString(CultureInfo.InvariantCulture) ?? $"none for {query}");
        }

        // The other way round: a metric that does not exist is seen as one.
        report.True("a query of no metric finds none", await ValueAsync(client, prometheus, "swarmstream_no_such_metric", stop) is null, "as it should");
    }

    private static IEnumerable<(string Title, string Query)> Queries(JsonElement dashboard) =>
        from panel in dashboard.GetProperty("panels").EnumerateArray()
        where panel.TryGetProperty("targets", out _)
        from target in panel.GetProperty("targets").EnumerateArray()
        let query = target.GetProperty("expr").GetString()!
            .Replace("$__rate_interval", "10m", StringComparison.Ordinal).Replace("$__range", "10m", StringComparison.Ordinal)
            .Replace("$job", ".*", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal)
        select (panel.GetProperty("title").GetString()!, query);

    private static async Task<Uri> StartPrometheusAsync(Bench bench, Uri scraped, HttpClient client, CancellationToken stop)
    {
        var folder = bench.NewFolder("prometheus");
        var port = Bench.FreePort();
        var config = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(
            config, $"global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: swarmstream\n    static_configs: [{{targets: ['{scraped.Authority}']}}]\n", stop);
        var process = bench.Own(ChildProcess.Start(
            bench.Reaper, Tool.Prometheus.Program,
            [$"--config.file={config}", $"--storage.tsdb.path={Path.Combine(folder, "data")}", $"--web.listen-address=127.0.0.1:{port}"], folder: folder));
        bench.OnFailure(() => process.Errors);
        var url = new Uri($"http://127.0.0.1:{port}");
        if (!await Poll.UntilAsync(cancel => IsReadyAsync(client, url, cancel), StartLimit, stop))
        {
            throw new LabException("Prometheus did not start");
        }

        return url;
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, Uri prometheus, CancellationToken cancel)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(prometheus, "/-/ready"), cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The first sample of an instant query; null where there is none.</summary>
    private static async Task<double?> ValueAsync(HttpClient client, Uri prometheus, string query, CancellationToken cancel)
    {
        using var form = new FormUrlEncodedContent([new("query", query)]);
        using var answer = await client.PostAsync(new Uri(prometheus, "/api/v1/query"), form, cancel);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync(cancel));
        if (json.RootElement.GetProperty("status").GetString() != "success")
        {
            throw new LabException($"{query}: {json.RootElement.GetProperty("error").GetString()}");
        }

        var result = json.RootElement.GetProperty("data").GetProperty("result");
        return result.GetArrayLength() == 0 ? null : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
    }
}
