using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Swarm.Proxy.Control;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary><c>play</c>: a URL that any player takes, or the player itself where there is one and somebody to see it.</summary>
internal sealed class PlayVerb(SettingOptions options, Surroundings surroundings, NodeParts parts, ILifetimeSignals signals)
{
    private static readonly string[] Players = ["mpv", "vlc"];

    private readonly Argument<string> _target = new("URL|MAGNET|FILE.torrent") { Description = "What to play." };
    private readonly Option<bool> _print = new("--print") { Description = "Print the player's URL and open nothing." };

    public Command Build()
    {
        var verb = new Command("play", "Print a URL for a player, or open mpv or vlc with it.") { _target, _print };
        options.AddTo(verb, WorkSettings.Names);
        verb.SetAction(RunAsync);
        return verb;
    }

    /// <summary>The player to open: mpv or vlc from PATH, where there is a screen.</summary>
    internal static string? FindPlayer(Surroundings surroundings)
    {
        if (OperatingSystem.IsLinux() && surroundings.Variable("DISPLAY") is null && surroundings.Variable("WAYLAND_DISPLAY") is null)
        {
            return null;
        }

        var folders = (surroundings.Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return Players.SelectMany(_ => folders, static (player, folder) => Path.Combine(folder, OperatingSystem.IsWindows() ? player + ".exe" : player)).FirstOrDefault(File.Exists);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var loaded = options.Load(parsed, surroundings);
        if (loaded.Problem is { } wrong)
        {
            return Fail(wrong, ExitCode.Usage);
        }

        var (target, problem) = TargetText.Parse(parsed.GetValue(_target)!, surroundings);
        if (target is null)
        {
            return Fail("play: " + problem, ExitCode.Usage);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var listening = signals.Listen(stop: stop.Cancel, reload: static () => { });
        await using var seat = new NodeSeat(loaded, surroundings, parts);
        try
        {
            var (url, refused) = await seat.TakeAsync(stop.Token) is { } noNode ? (null, noNode) : await AddressAsync(seat, target, stop.Token);
            if (url is null)
            {
                return Fail(refused!, ExitCode.Failure);
            }

            surroundings.Out.WriteLine(url);
            surroundings.Out.Flush();
            var player = parsed.GetValue(_print) ? null : FindPlayer(surroundings);
            if (player is not null)
            {
                await PlayAsync(player, url, stop.Token);
            }
            else if (seat.IsOwn)
            {
                surroundings.Error.WriteLine("Open it with a player, e.g. mpv. Served until Ctrl-C.");
                await Task.Delay(Timeout.Infinite, stop.Token);
            }

            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }

    /// <summary>A URL with a capability, so that a page's video element may have it too.</summary>
    private static async Task<(string? Url, string? Problem)> AddressAsync(NodeSeat seat, TargetText target, CancellationToken cancellation)
    {
        CapabilityRequest wanted;
        if (target.Kind == TargetKind.Url)
        {
            wanted = new(Url: target.Absolute());
        }
        else
        {
            var given = await TorrentGiver.GiveAsync(seat.Client, target, keep: false, cancellation);
            if (given.Value is not { } torrent)
            {
                return (null, given.Problem);
            }

            wanted = new(Torrent: torrent.Infohash);
        }

        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(wanted, ControlJson.Default.CapabilityRequest));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var answer = await seat.Client.SendAsync(HttpMethod.Post, "/api/v1/capabilities", content, ControlJson.Default.CapabilityView, cancellation);
        return (answer.Value?.Url, answer.Problem);
    }

    private async Task PlayAsync(string player, string url, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(player, [url]) { UseShellExecute = false });
            await (process?.WaitForExitAsync(cancellation) ?? Task.CompletedTask);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            surroundings.Error.WriteLine($"{player} cannot be started: {ErrorText.Of(e)}. Open the URL with another player.");
            await Task.Delay(Timeout.Infinite, cancellation);
        }
    }

    private int Fail(string sentence, int code)
    {
        surroundings.Error.WriteLine(sentence);
        return code;
    }
}
