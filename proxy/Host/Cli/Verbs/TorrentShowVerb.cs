using System.CommandLine;
using Swarm.Engine.Targets;
using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary><c>torrent show FILE</c>: what a torrent holds, and with <c>--scrape</c> who has it.</summary>
internal static class TorrentShowVerb
{
    public static Command Build(SettingOptions options, Surroundings surroundings)
    {
        var file = new Argument<string>("FILE") { Description = "A .torrent file." };
        var json = new Option<bool>("--json") { Description = "Print it as JSON." };
        var scrape = new Option<bool>("--scrape") { Description = "Ask its trackers for seeders and leechers, without joining the swarm." };
        var verb = new Command("show", "Print what a torrent holds.") { file, json, scrape };
        options.AddTo(verb, ["allow-target"]);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var loaded = options.Load(parsed, surroundings);
            if (loaded.Problem is { } wrong)
            {
                return Fail(surroundings, wrong, ExitCode.Usage);
            }

            var (torrent, problem) = await ReadAsync(surroundings.FullPath(parsed.GetValue(file)!), cancellation);
            if (torrent is null)
            {
                return Fail(surroundings, problem!, ExitCode.Failure);
            }

            IReadOnlyList<TrackerScrape>? scrapes = null;
            if (parsed.GetValue(scrape))
            {
                if (!AllowedTargets.TryParse(loaded.Settings.AllowTargets, out var allowed, out var notAllowed))
                {
                    return Fail(surroundings, notAllowed!, ExitCode.Usage);
                }

                scrapes = await new TorrentScraper(new TargetPolicy(allowed, new OwnListeners()), TimeProvider.System).RunAsync(torrent, cancellation);
            }

            surroundings.Out.WriteLine(parsed.GetValue(json) ? TorrentJson.Format(torrent, scrapes) : TorrentText.Format(torrent, scrapes));
            return ExitCode.Success;
        });
        return verb;
    }

    private static async Task<(Metainfo? Torrent, string? Problem)> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true } info && info.Length > MetainfoLimits.Default.MaxBytes)
            {
                return (null, $"{path} is no torrent: it has {info.Length} bytes, {MetainfoLimits.Default.MaxBytes} are allowed.");
            }

            var bytes = await File.ReadAllBytesAsync(path, cancellation);
            return Metainfo.TryParse(bytes, out var torrent, out var error) ? (torrent, null) : (null, $"{path} is no usable torrent: {error}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{path} cannot be read: {ErrorText.Of(e)}.");
        }
    }

    private static int Fail(Surroundings surroundings, string sentence, int code)
    {
        surroundings.Error.WriteLine(sentence);
        return code;
    }
}
